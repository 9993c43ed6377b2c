"""Cards on running: load, pain, and how one lands."""

from typing import Final

from footfall_coaching.cards.card import Card, Grade, Source

ESCULIER_2018: Final = Source("Esculier and others 2018", "10.1136/bjsports-2016-096988")
DE_SOUZA: Final = Source("de Souza Júnior and others 2024", "10.1371/journal.pone.0295645")
DAVIS: Final = Source("Davis and others 2020", "10.1007/s12178-020-09605-3")
DERIE: Final = Source(
    "Derie and others 2022",
    "",
    "Biomechanical adaptations following a music-based biofeedback gait retraining program to reduce peak tibial "
    "accelerations",
)

RUNNING_CARDS: Final = (
    Card(
        "load-first",
        "Load comes first",
        Grade.ONE,
        "In 69 runners with pain behind the kneecap, learning to fit running to pain did as much in 20 weeks "
        "as the same with exercises, or with a changed way of running. All three groups got better.",
        "Keep pain at 2 of 10 or less, and each run within the ceiling.",
        "",
        (ESCULIER_2018, Source("Lacey and others 2022", "10.1371/journal.pone.0265475")),
    ),
    Card(
        "pain-light",
        "The traffic light",
        Grade.SMALL,
        "Going on with some pain while it is watched is how physiotherapists let runners with knee pain load "
        "their knees. The levels of the light are theirs; when to send somebody on is our own design.",
        "Green up to 2 of 10 and mornings as usual; amber 3 to 5, or not settled in an hour; red above 5.",
        "That any pain means harm, or that all of it has to be gone first.",
        (Source("Vincent and Vincent 2017", "10.1249/JSR.0000000000000362"), ESCULIER_2018),
    ),
    Card(
        "single-run",
        "One run that is much longer",
        Grade.ONE,
        "In 5,205 runners with watches, runs of more than 1.10 times the longest of the 30 days before were "
        "followed by an injury more often. Injuries were told by the runners themselves, most of them men, 46"
        " years old on average.",
        "Today's ceiling: 1.10 times the longest run of the last 30 days.",
        "That comparing this week with the weeks before tells of injuries: in these runners it did not.",
        (Source("Frandsen and others 2025", "10.1136/bjsports-2024-109380"),),
    ),
    Card(
        "soft-landing",
        "A softer landing",
        Grade.SMALL,
        "Runners who are told how hard they land can land softer at once; ten with hard landings still did so"
        " a month after eight sessions. Whether that keeps injuries away is open: one trial of 320 novices "
        "told of fewer, a later one found no difference between the groups as they were drawn.",
        "",
        "That a soft landing is known to keep injuries away.",
        (
            Source("Crowell and Davis 2011", "", "Clin Biomech, PMC3014399"),
            Source("Chan and others 2018", "10.1177/0363546517736277"),
            Source("Van Hooren and others 2024", "10.1177/03635465231222464"),
        ),
    ),
    Card(
        "impact-feedback",
        "Landing softer, by sound",
        Grade.ONE,
        "In one small trial of 30 runners with pain behind the kneecap, ten aimed at half their impact for "
        "two weeks. Six months later their pain in running was 3.2 of 10 lower than in those who did nothing "
        "(1.3 to 5.1). Their joints moved as before, so why it helped is not known. Of ten runners in a like "
        "programme two came to land more on the forefoot, unasked, which loads calf and Achilles tendon.",
        "8 sessions in 2 to 3 weeks, from 15 to 30 min, with less and less sound; target 80 % of your own "
        "impact, 50 % as the farthest.",
        "",
        (DE_SOUZA, DAVIS, Source("Van den Berghe and others 2021", "10.1038/s41598-021-83538-w"), DERIE),
    ),
    Card(
        "cadence",
        "Quicker, shorter steps",
        Grade.ONE,
        "In the trial of de Souza Júnior and others, of 30 runners with pain behind the kneecap, ten took 7.5 to "
        "10 % more steps for two weeks, and their pain in running was 2.9 of 10 lower six months later than in "
        "those who did nothing (1.0 to 4.8). In models 10 % more steps lower the load behind the kneecap by 14 % a "
        "step. Two weeks are enough to change cadence.",
        "7.5 % above your own at the same speed (5 to 10), 8 sessions, up to 30 min.",
        "That 180 steps a minute is right for everybody, or that quicker steps cost less effort.",
        (
            DE_SOUZA,
            Source("Lenhart and others 2014", "10.1249/MSS.0b013e3182a78c3a"),
            Source("Huber and others 2024", "10.26603/001c.90909"),
        ),
    ),
    Card(
        "try-out",
        "Try before you train",
        Grade.ONE,
        "Of 68 runners with pain behind the kneecap, 42 in 100 hurt less at once with one change at least; "
        "the best single ones helped 35 in 100. Which one it was differed.",
        "Eight blocks of two minutes, four usual and four with the change, in an order that is drawn.",
        "That one way of running helps everybody.",
        (Source("Esculier and others 2023", "10.3389/fspor.2022.1048655"),),
    ),
    Card(
        "foot-strike",
        "Which part of the foot lands first",
        Grade.ONE,
        "Landing on the forefoot moves load from the knee to calf and Achilles tendon: in a model of 16 women"
        " the stress behind the kneecap fell by 27 %, and the calf worked harder. No study that followed "
        "runners shows fewer injuries.",
        "No target. Something to try where you land on the heel, and neither calf nor Achilles tendon hurts; if it "
        "eased your pain in a try-out, a tenth of your time at first, and a tenth more each week.",
        "That one has to land on the toes.",
        (
            Source("Anderson and others 2020", "10.1007/s40279-019-01238-y"),
            Source("Vannatta and Kernozek 2015", "10.1249/MSS.0000000000000503"),
        ),
    ),
    Card(
        "recall",
        "Learned, and recalled",
        Grade.SMALL,
        "Six months after a programme impact was not surely lower any more, but 32 % lower when runners were "
        "asked to run as at its end. So it is checked both ways, and a reminder is enough where it comes "
        "back.",
        "Checks after 1, 3 and 6 months; a phrase once a week while it is recalled and not kept.",
        "That what was learned stays by itself.",
        (Source("Van den Berghe and others 2024", "10.1080/02640414.2024.2323849"),),
    ),
)
