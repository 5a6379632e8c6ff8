"""Spoken words by espeak-ng: many voices, accents, speeds and pitches, made once and kept in the cache.

A voice is an accent of English with one of espeak-ng's voice variants (its formants, pitch and breath) and a length of
the vocal tract. The variants of the three parts of the data (train, validation, test) are different ones, and variants
that are versions of each other (``iven2``, ``iven3``) are in the same part.
"""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import subprocess
import tempfile
import wave
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

import numpy as np
from scipy import signal

from picket_host.errors import EnvironmentError_, InputError
from picket_host.paths import CACHE
from picket_host.progress import SILENT, Progress

RATE_HZ = 16_000
WORD = "hey_picket"  # two words: a single short one has too many rhymes

_ESPEAK_RATE_HZ = 22_050
_THREADS = 2
_FORMAT = 1  # of the cache: changes with what follows after espeak-ng
_SILENT_DB = -35.0  # below the loudest 10 ms: before and after the word
_LEVEL = 3000.0  # root mean square of an utterance, counts
_CALL_SHARE = 0.25  # of other words that follow a "hey", too
_INSTALL = "apt-get install espeak-ng"


def _words(text: str) -> list[str]:
    return text.split()


# Names of files: what espeak-ng finds by its language instead gets no variant, without a word.
ACCENTS = (
    "gmw/en", "gmw/en-US", "gmw/en-GB-scotland", "gmw/en-GB-x-gbclan", "gmw/en-GB-x-rp", "gmw/en-GB-x-gbcwmd",
    "gmw/en-029", "gmw/en-US-nyc",
)  # fmt: skip

# Whisper and robots are left out: nobody speaks so to a device at a door.
VARIANTS = {
    "train": _words(
        "adam Alex Andrea Andy antonio aunty benjamin boris david Diogo edward edward2 f1 f2 f3 f4 f5 Gene Gene2 "
        "gustave Henrique Hugo iven iven2 iven3 iven4 Jacky john kaukovalta klatt klatt2 klatt3 klatt4 Lee linda "
        "m1 m2 m3 m4 m5 m6 m7 m8 Marco max Michael miguel Nguyen pablo pedro RicishayMax RicishayMax2 rob robert "
        "shelby steph steph2 steph3 travis zac"
    ),
    "validation": _words("Alicia Denis ed marcelo Mike quincy sandro grandma"),
    "test": _words("anika Annie belinda grandpa Mario michel norbert paul victor"),
}

# What the model must not take for the wake word: its nearest neighbours, commands, and a bit of everything.
NEIGHBOURS = _words(
    "ticket pocket packet picnic cricket wicket bucket thicket rocket pickle picking picked pick kit picture basket "
    "jacket market racket socket locket docket biscuit peck kicked bracket piglet pigment picky "
    "picket okay_picket a_picket_fence play_cricket they_picked_it say_ticket hey_you hey_there hey_peter hay_basket"
)
OTHERS = _words(
    "yes no up down left right on off stop go start house table water window garden people morning evening seven "
    "eleven number music kitchen doctor teacher summer winter yellow orange purple coffee paper pencil computer "
    "telephone machine engine bearing motor factory gateway sensor signal battery hello goodbye thank you please "
    "maybe never always again because between through another weather mountain river holiday dinner breakfast "
    "question answer problem system finger picture_frame perfect pretty little better butter bitter city kitty "
    "practice pattern planet plastic police public pull push put power paint page"
)
# Spoken only in the test part: words that no training has heard.
UNHEARD = _words(
    "hey_patrick pay_the_ticket cricketer chicken quicken pickaxe wicked limit digit pigeon pocketful ticking victim "
    "visit minute spirit "
    "television umbrella elephant seventeen blanket carpet magnet planetary trumpet helmet"
)
SENTENCES = (
    "the weather will be fine tomorrow with a little wind from the west",
    "could you please bring me the red folder from the second shelf",
    "we have been waiting for the bus since a quarter past nine",
    "turn the volume down a bit because the children are asleep",
    "the train to the city leaves from platform four in ten minutes",
    "she bought apples, bread and a bottle of milk at the market",
    "this machine has been running for three days without a pause",
    "he told me that nobody had picked up the parcel yet",
    "open the window and let some fresh air into the room",
    "they played cricket in the park until it started to rain",
)
# Background talk of the test part: other sentences.
UNHEARD_SENTENCES = (
    "the doctor will see you in a moment if you take a seat over there",
    "my brother keeps a small boat in the harbour behind the church",
    "there is a ticket in the pocket of the jacket on the chair",
    "first heat the oven and then mix the butter with the sugar",
    "nobody expected that the meeting would take the whole afternoon",
    "put the packet on the table and pick a number between one and six",
)


@dataclass(frozen=True)
class Utterance:
    """Something said once.

    Attributes:
        speaker: the voice, or the speaker's name in a folder of recordings.
        word: what is said; ``_`` stands for a space.
        samples: int16 [n] at 16 kHz, without silence before and after, of one level.
    """

    speaker: str
    word: str
    samples: np.ndarray


@dataclass(frozen=True)
class Say:
    """One call of espeak-ng.

    Attributes:
        voice: accent and variant.
        word: ``_`` stands for a space.
        speed: words a minute.
        pitch: 0 to 99.
        tract: length of the vocal tract, 1 for espeak-ng's own.
    """

    voice: str
    word: str
    speed: int
    pitch: int
    tract: float


def plan(part: str, quick: bool) -> list[Say]:
    """What is said in a part of the data; always the same."""
    rng = np.random.default_rng([17, ("train", "validation", "test").index(part)])
    variants = VARIANTS[part]
    speakers, own, others = {
        "train": (24, 8, 18) if quick else (90, 9, 24),
        "validation": (6, 6, 12) if quick else (12, 8, 24),
        "test": (10, 6, 18) if quick else (24, 10, 40),
    }[part]
    heard = [*OTHERS, *(UNHEARD if part == "test" else ())]
    sentences = UNHEARD_SENTENCES if part == "test" else SENTENCES
    says = []
    for number in range(speakers):
        accent = ACCENTS[int(rng.integers(len(ACCENTS)))]
        voice = f"{accent}+{variants[number % len(variants)]}"
        tract = round(float(rng.uniform(0.93, 1.07)), 3)
        words = [WORD] * own
        for known in (*[NEIGHBOURS] * (others // 3), *[heard] * (others - others // 3)):
            word = str(rng.choice(known))
            words.append(f"hey_{word}" if rng.random() < _CALL_SHARE and "_" not in word else word)
        words.append(str(rng.choice(sentences)))
        for word in words:
            speed, pitch = int(rng.integers(130, 215)), int(rng.integers(15, 85))
            says.append(Say(voice, word, speed, pitch, tract))
    return says


def synthesise(says: Sequence[Say], progress: Progress = SILENT) -> list[Utterance]:
    """Speak, unless the same was spoken before.

    Raises:
        EnvironmentError_: espeak-ng is missing or does not know a voice.
    """
    file = CACHE / "wakeword" / f"{_key(says)}.npz"
    if not file.is_file():
        _check_voices(says)
        with ThreadPoolExecutor(_THREADS) as pool:
            spoken = []
            for i, samples in enumerate(pool.map(_speak, says)):
                spoken.append(samples)
                if i % 100 == 0:
                    progress.step("speaking with espeak-ng", i, len(says))
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=file.parent, suffix=".npz", delete=False) as made:
            np.savez(made, samples=np.concatenate(spoken), lengths=[len(samples) for samples in spoken])
        Path(made.name).rename(file)
    with np.load(file) as kept:
        cuts = np.split(kept["samples"], np.cumsum(kept["lengths"])[:-1])
    return [Utterance(say.voice, say.word, samples) for say, samples in zip(says, cuts, strict=True)]


def trimmed(samples: np.ndarray) -> np.ndarray:
    """A recording without the silence before and after: int16 at one level. Empty when there is nothing in it."""
    block = RATE_HZ // 100
    blocks = samples[: len(samples) // block * block].reshape(-1, block).astype(np.float64)
    power = blocks.var(axis=1) if len(blocks) else np.zeros(1)
    if not power.max() > 0:
        return np.zeros(0, np.int16)
    loud = np.flatnonzero(power > power.max() * 10 ** (_SILENT_DB / 10))
    cut = samples[loud[0] * block : (loud[-1] + 1) * block].astype(np.float64)
    cut *= _LEVEL / cut.std()
    return np.clip(np.round(cut), -32768, 32767).astype(np.int16)


@cache
def version() -> str:
    """What espeak-ng says of itself; the speech depends on it.

    Raises:
        EnvironmentError_: it is missing.
    """
    if shutil.which("espeak-ng") is None:
        raise EnvironmentError_("espeak-ng, which speaks the training words, is missing", hint=_INSTALL)
    return subprocess.run(["espeak-ng", "--version"], capture_output=True, text=True).stdout.split("Data")[0].strip()


def _check_voices(says: Sequence[Say]) -> None:
    """espeak-ng takes its default for a voice that it does not know, and says nothing."""
    listed = set()
    for kind in ("en", "variant"):
        table = subprocess.run(["espeak-ng", f"--voices={kind}"], capture_output=True, text=True).stdout
        listed.update(word for word in table.split() if "/" in word)  # names of files
    for say in says:
        accent, _, variant = say.voice.partition("+")
        if accent not in listed or f"!v/{variant}" not in listed:
            raise EnvironmentError_(f"{version()} has no voice {say.voice}", hint="version 1.51 has it")


def _key(says: Sequence[Say]) -> str:
    text = json.dumps([_FORMAT, version(), [asdict(say) for say in says]])
    return hashlib.sha256(text.encode()).hexdigest()[:20]


def _speak(say: Say) -> np.ndarray:
    """int16 [n] at 16 kHz."""
    voice = ["-v", say.voice, "-s", str(say.speed), "-p", str(say.pitch)]
    command = ["espeak-ng", *voice, "--stdout", "--", say.word.replace("_", " ")]
    done = subprocess.run(command, capture_output=True)
    if done.returncode or not done.stdout:
        words = done.stderr.decode(errors="replace").strip() or f"status {done.returncode}"
        raise EnvironmentError_(f"espeak-ng can't speak: {words}", say.voice, _INSTALL)
    with wave.open(io.BytesIO(_with_length(done.stdout))) as file:
        if file.getframerate() != _ESPEAK_RATE_HZ:
            raise InputError(f"espeak-ng speaks at {file.getframerate()} Hz, {_ESPEAK_RATE_HZ} is expected", say.voice)
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float64)
    # A longer tract lowers all formants and the pitch: the same as a slower rate.
    down = round(441 / say.tract)
    resampled = signal.resample_poly(samples, 320, down)
    return trimmed(np.clip(np.round(resampled), -32768, 32767).astype(np.int16))


def _with_length(stream: bytes) -> bytes:
    """espeak-ng writes to a pipe and can't go back to fill in the lengths."""
    at = stream.index(b"data")
    body = stream[at + 8 :]
    length = len(body) // 2 * 2
    head = stream[:4] + (at + length).to_bytes(4, "little") + stream[8:at]
    return head + b"data" + length.to_bytes(4, "little") + body[:length]
