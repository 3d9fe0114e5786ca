"""Chapter 2: scores become weights; temperature sharpens or flattens them."""

import altair as alt

from attn_lesson.experiments import SIX_WORDS, six_word_vectors
from attn_lesson.explorables.inputs import BLUE, rows_of, slider, with_softmax
from attn_lesson.explorables.showing import Explorable
from attn_lesson.scores import scaled_dot_product_score


def explore_softmax() -> Explorable:
    """Slide the scores of one query over the six words, and the temperature; watch the weights.

    The page shows `attention_distribution(scores, temperature=T)`, its entropy in nats, and the sum of the weights.
    It starts at the scores of "cat".
    """
    words = six_word_vectors()
    cat = scaled_dot_product_score(words[2:3], words)[0].tolist()
    scores = [
        slider(f"s{n}", f"Score of “{word}”", round(score, 1), -3.0, 6.0, 0.1)
        for n, (word, score) in enumerate(zip(SIX_WORDS, cat, strict=True))
    ]
    temperature = slider("T", "Temperature", 1.0, 0.1, 5.0, 0.1)
    chosen = "[" + ", ".join(f"s{n}" for n in range(len(SIX_WORDS))) + "][datum.n]"
    base = with_softmax(alt.Chart(rows_of(n=range(len(SIX_WORDS)), word=SIX_WORDS)), f"{chosen} / T")
    x = alt.X("word:N", sort=list(SIX_WORDS), title=None, axis=alt.Axis(labelAngle=0))
    bars = base.mark_bar(color=BLUE).encode(
        x=x, y=alt.Y("weight:Q", scale=alt.Scale(domain=[0, 1]), title="weight"), tooltip=["word:N", "weight:Q"]
    )
    labels = base.mark_text(dy=-7, aria=False).encode(x=x, y="weight:Q", text=alt.Text("weight:Q", format=".3f"))
    said = (
        base.transform_calculate(part="datum.weight > 0 ? -datum.weight * log(datum.weight) : 0")
        .transform_aggregate(entropy="sum(part)", sum="sum(weight)")
        .transform_calculate(
            words="'entropy ' + format(datum.entropy, '.3f') + ' of ' + format(log(6), '.3f')"
            " + ', sum ' + format(datum.sum, '.3f')"
        )
        .mark_text(align="left", baseline="top")
        .encode(x=alt.value(0), y=alt.value(0), text="words:N")
        .properties(width=280, height=16, name="said")
    )
    chart = alt.vconcat((bars + labels).properties(width=280, height=170, name="bars"), said)
    return Explorable(
        chart.add_params(*scores, temperature),
        "explore-softmax",
        "Bars of six attention weights, computed from six scores and a temperature that you can slide.",
    )
