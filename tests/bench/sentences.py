"""A big file of short messages: many different ones, some nearly the same, a few unusable."""

import csv
import random
from collections import deque
from pathlib import Path

NEAR_DUPLICATES = 0.02
DEFECTS = 0.002
OPENINGS = (
    "hi there",
    "hello",
    "good morning",
    "hey",
    "sorry to bother you",
    "quick question",
    "dear team",
    "well",
    "please help",
    "not sure whom to ask",
    "this is urgent",
    "thanks in advance",
    "me again",
    "as I wrote yesterday",
    "so",
    "um",
    "first time customer here",
    "my wife says",
    "for the third time",
    "according to your page",
)
TAILS = (
    "thanks",
    "please answer soon",
    "what should I do now",
    "any idea",
    "is that normal",
    "I am quite annoyed",
    "no hurry",
    "call me if you like",
    "it was fine until last week",
    "my neighbour has the same",
    "I checked twice",
    "the app says nothing about it",
    "that is all",
    "kind regards",
    "I have the receipt here",
    "how long will it take",
    "can someone look into this",
    "this cannot be right",
    "otherwise all good",
    "let me know",
)
THINGS = (
    "parcel",
    "invoice",
    "password",
    "card",
    "refund",
    "coupon",
    "address",
    "kettle",
    "subscription",
    "email",
    "contract",
    "meter",
    "router",
    "ticket",
    "seat",
    "recipe",
    "box",
    "voucher",
    "delivery",
    "bicycle",
    "lamp",
    "printer",
    "jacket",
    "account",
    "phone",
    "battery",
    "charger",
    "window",
    "order",
    "payment",
    "screen",
    "garden chair",
    "light bulb",
)
PLACES = (
    "Lisbon",
    "Ohio",
    "the office",
    "my mother's",
    "the station",
    "the corner shop",
    "Graz",
    "the second floor",
    "Leeds",
    "the airport",
    "my flat",
    "Oslo",
    "the garage",
    "Porto",
    "the post office",
    "Bergen",
    "the hallway",
    "Turin",
    "Cork",
)
TIMES = (
    "on Monday",
    "last Friday",
    "two weeks ago",
    "this morning",
    "since March",
    "before the holidays",
    "yesterday",
    "at noon",
    "in the evening",
    "after the update",
    "on the 14th",
    "at the weekend",
    "an hour ago",
    "in June",
)
WISHES = {
    "late": ("has still not come to", "was meant to reach", "is late again at"),
    "broken": ("arrived in pieces at", "stopped working at", "fell apart at"),
    "wrong": ("is not the one I chose for", "belongs to somebody else near", "has the wrong size for"),
    "change": ("should go from now on to", "must be moved to", "has to be renamed for"),
    "cancel": ("is no longer wanted at", "can be called off for", "should be stopped for"),
    "pay_twice": ("was charged two times for", "shows up double on the bill for", "was paid again for"),
    "refund": ("went back and the money never came to", "was returned from", "should be paid back to"),
    "price": ("costs more than last year in", "was cheaper at", "has another price in"),
    "lost": ("got lost on the way to", "disappeared somewhere near", "cannot be found at"),
    "login": ("does not let me in from", "asks for a code at", "is locked when I am at"),
    "stock": ("is sold out in", "is never there when I visit", "will it be back in"),
    "size": ("is too small for", "does not fit through the door of", "is larger than the one in"),
    "gift": ("is a present for a friend in", "should be wrapped for", "must be a surprise at"),
    "noise": ("makes a strange sound at", "hums all night at", "beeps for no reason in"),
    "praise": ("is the best thing in", "made everybody happy at", "works wonderfully in"),
    "manual": ("came without a leaflet to", "has a manual nobody understands in", "needs instructions for"),
    "spare": ("lacks a screw since I moved to", "needs a new part for", "lost its lid at"),
    "invoice": ("is missing from the bill for", "needs a receipt for", "has a wrong tax number for"),
    "trial": ("was free to try in", "ends its test month at", "should be tested first at"),
    "privacy": ("must be deleted from the list of", "shows my data to people in", "was shared without asking at"),
}


def write_big_file(path: Path, rows: int, seed: int = 0) -> None:
    """A csv (text, label) of `rows` rows, about 75 bytes each and 20 labels.

    2 % repeat one of the thousand messages before them but for a letter, a capital or a mark; 0.2 % are defects: an
    empty text, a misspelt label, the same row again. The same seed gives the same bytes.
    """
    random_ = random.Random(seed)  # noqa: S311 - data, not secrets
    recent: deque[tuple[str, str]] = deque(maxlen=1000)
    labels = list(WISHES)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("text", "label"))
        for _ in range(rows):
            drawn = random_.random()
            if recent and drawn < NEAR_DUPLICATES:
                text, label = random_.choice(recent)
                writer.writerow((_nearly(text, random_), label))
            elif recent and drawn < NEAR_DUPLICATES + DEFECTS:
                writer.writerow(_defect(*random_.choice(recent), random_))
            else:
                label = random_.choice(labels)
                text = _message(label, random_)
                recent.append((text, label))
                writer.writerow((text, label))


def _message(label: str, random_: random.Random) -> str:
    body = (
        f"my {random_.choice(THINGS)} {_code(random_)} {random_.choice(WISHES[label])} "
        f"{random_.choice(PLACES)} {random_.choice(TIMES)}"
    )
    shape = random_.random()
    if shape < 0.45:
        return body
    if shape < 0.7:
        return f"{random_.choice(OPENINGS)}, {body}"
    if shape < 0.95:
        return f"{body}, {random_.choice(TAILS)}"
    return f"{random_.choice(OPENINGS)}, {body}, {random_.choice(TAILS)}"


def _code(random_: random.Random) -> str:
    """An order number, so that messages of one pattern are different messages."""
    letters = "".join(random_.choices("ABCDEFGHJKLMNPQRSTUVWXYZ", k=2))
    return f"{letters}-{random_.randrange(10**6):06d}"


def _nearly(text: str, random_: random.Random) -> str:
    place = random_.randrange(len(text) - 1)
    return random_.choice(
        (text.capitalize(), text + "!", text.replace(",", " ,", 1), text[:place] + text[place + 1 :], text + " ok")
    )


def _defect(text: str, label: str, random_: random.Random) -> tuple[str, str]:
    return random_.choice((("", label), (text, label[:-1] + "_"), (text, label)))
