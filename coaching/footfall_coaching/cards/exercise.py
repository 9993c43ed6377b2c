"""Cards on exercises."""

from typing import Final

from footfall_coaching.cards.card import Card, Grade, Source

WILLY: Final = Source("Willy and others 2019", "10.2519/jospt.2019.0302")
LEPPANEN: Final = Source("Leppänen and others 2024", "10.1136/bjsports-2023-107926")

EXERCISE_CARDS: Final = (
    Card(
        "hip-and-knee",
        "Exercises for hip and knee",
        Grade.SEVERAL,
        "The guideline recommends exercises for hip and knee first, when it hurts behind the kneecap; expect "
        "weeks, not days. Hip or knee did equally well in a trial of 200. Reviews find exercise better than "
        "waiting, with low certainty; in a trial of 112 people with long-lasting pain it did not differ from "
        "free activity after a year.",
        "12 weeks, 3 days a week, 20 to 30 min; 2 to 3 sets of 10 to 12, two or three repetitions left. The "
        "steps are our own design.",
        "That weak buttocks are the cause.",
        (
            WILLY,
            Source("Hansen and others 2023", "10.1136/bjsports-2022-106197"),
            Source("Winters and others 2021", "10.1136/bjsports-2020-102819"),
            Source("Neal and others 2024", "10.1136/bjsports-2024-108110"),
            Source("Hott and others 2020", "10.1111/sms.13613"),
        ),
    ),
    Card(
        "core",
        "Exercises for the trunk",
        Grade.ONE,
        "They were trained together with the hip: in 199 people with pain behind the kneecap six weeks of hip"
        " and trunk, or of the knee, both lowered pain. What the trunk alone does is not known.",
        "One or two holds or sets in each session.",
        "",
        (Source("Ferber and others 2015", "10.4085/1062-6050-49.3.70"), LEPPANEN),
    ),
    Card(
        "before-pain",
        "Exercises without pain",
        Grade.ONE,
        "In 325 novices, hip and trunk exercises before runs, guided by physiotherapists for 24 weeks, went "
        "with fewer injuries (hazard ratio 0.66, 0.45 to 0.97). In 720 marathon runners, ten minutes three "
        "times a week on their own made no difference.",
        "20 to 35 min before running, with somebody who looks on.",
        "That a few exercises on one's own keep injuries away.",
        (LEPPANEN, Source("Toresdahl and others 2020", "10.1177/1941738119877180")),
    ),
    Card(
        "foot-and-ankle",
        "Exercises for foot and calf",
        Grade.SMALL,
        "Trials disagree: after eight weeks of foot exercises one saw fewer injuries, while in another the "
        "group that trained foot and ankle had no fewer, and more sudden ones.",
        "A set or two of calf raises in some sessions.",
        "",
        (Source("Taddei and others 2020", "10.1177/0363546520969205"), LEPPANEN),
    ),
    Card(
        "itb",
        "Pain at the outside of the knee",
        Grade.SMALL,
        "Hip exercises are often tried and little tested: 13 studies with 201 people in all, and a trial of "
        "three kinds that found no difference.",
        "As the hip track, for eight weeks.",
        "",
        (
            Source("a review of 2024", "10.3389/fspor.2024.1386456"),
            Source("a trial of 2020", "10.1186/s13018-020-01713-7"),
        ),
    ),
    Card(
        "backward-walking",
        "Walking backwards",
        Grade.SMALL,
        "It eased pain in osteoarthritis of the knee, added to usual exercises, in 13 trials. In runners it "
        "is untested.",
        "5 to 10 min, three times a week for six weeks, at a comfortable speed, on a treadmill with a rail.",
        "",
        (
            Source("Alghadir and others 2019", "10.1186/s12891-019-2537-9"),
            Source("a review of 2025", "10.1080/09593985.2025.2550532"),
        ),
    ),
    Card(
        "knees-over-toes",
        "Knees over toes",
        Grade.SMALL,
        "A load to build up to: in 25 healthy women, squatting with the knees past the toes raised the stress"
        " behind the kneecap. So it is a late step, shallow first, for who wants it.",
        "Only after two green weeks; a step on after two sessions with pain of 2 of 10 at most.",
        "That a painful knee should start with it.",
        (Source("Kernozek and others 2018", "", "J Sport Rehabil 27:237"),),
    ),
    Card(
        "warm-up",
        "Warming up and stretching",
        Grade.CONTRADICTED,
        "A habit that many like. In 326 runners who kept a diary for 16 weeks there were 26 injuries with a "
        "set programme of warming up, cooling down and stretching, and 23 without. Footfall sees a warm-up, "
        "and scores none.",
        "Some minutes of brisk walking, or the first exercises of your track.",
        "That it keeps injuries away.",
        (
            Source("van Mechelen and others 1993", "", "Am J Sports Med 21:711"),
            Source("Kozinc and Šarabon 2017", "", "J Sports Sci Med 16:421"),
        ),
    ),
    Card(
        "ankle-mobility",
        "How far the ankle bends",
        Grade.OPINION,
        "A stiff ankle is a weak sign of later pain, if any. The exercise takes a minute.",
        "10 each side as part of the warm-up.",
        "",
        (Source("a review of 2019", "10.1186/s40945-019-0054-7"),),
    ),
)
