"""Cards on shoes, tape and ice."""

from typing import Final

from footfall_coaching.cards.card import Card, Grade, Source

THING_CARDS: Final = (
    Card(
        "minimal-shoes",
        "Minimal shoes",
        Grade.ONE,
        "A slow change, for who wants it. In a trial of 61 trained runners over 26 weeks, pain was higher in minimal "
        "shoes, above 35 km a week clearly; 16 of 31 were injured, 11 of 30 in usual shoes, the more often the heavier "
        "above 71 kg. On a plan of ten weeks, 10 of 19 had more signs of stress in bones of the foot.",
        "A tenth of the week's time, 5 points more a week to 35 % in week 6, then slower, to all of it in week 26. No "
        "step on above 35 km a week; a step back when calf, foot or shin is amber.",
        "That they are better for the knee than cushioned ones.",
        (
            Source("Fuller and others 2017", "10.1177/0363546516682497"),
            Source("Ridge and others 2013", "", "Med Sci Sports Exerc 45:1363"),
        ),
    ),
    Card(
        "other-shoes",
        "Shoes",
        Grade.ONE,
        "In 848 runners harder cushioning went with more injuries than softer (ratio 1.52), in the lighter ones. In a "
        "cohort, runners who wore two pairs or more in turn had fewer (0.61); whether by the shoes is not known.",
        "Two pairs in turn, if you like.",
        "That a pair is finished after a number of kilometres.",
        (
            Source("Malisoux and others 2020", "10.1177/0363546519892578"),
            Source("Malisoux and others 2015", "10.1111/sms.12154"),
        ),
    ),
    Card(
        "taping",
        "Tape",
        Grade.ONE,
        "It may ease pain at once, more when fitted to the knee by a physiotherapist, so that you can load it"
        " in the first weeks. At the end of four trials pain with tape did not differ (0.15 of 10 lower, from"
        " 1.15 lower to 0.85 higher).",
        "Beside exercise, in the first weeks; you can test it in a try-out over sessions.",
        "That it holds the kneecap in place, or that its effect lasts.",
        (
            Source("Barton and others 2014", "10.1136/bjsports-2013-092437"),
            Source("Callaghan and Selfe 2012", "10.1002/14651858.CD006717.pub2"),
        ),
    ),
    Card(
        "ice",
        "Ice",
        Grade.CONTRADICTED,
        "It numbs pain for a while. The guideline does not recommend it for pain behind the kneecap, and used"
        " after each strength session it takes something off what is gained.",
        "15 to 20 min through a cloth, if it feels good; not after exercises.",
        "That it makes anything mend sooner.",
        (
            Source("Willy and others 2019", "10.2519/jospt.2019.0302"),
            Source("Kwiecien and McHugh 2021", "10.1007/s00421-021-04683-8"),
        ),
    ),
)
