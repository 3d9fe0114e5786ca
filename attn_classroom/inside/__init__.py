"""What runs in the sandbox beside the student's code. It imports the standard library and torch, and nothing else."""
