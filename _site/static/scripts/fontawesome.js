/* Empty on purpose: it stands in for the theme's 1.5 MB icon script. The theme's CSS draws every icon from fonts already loaded. */
