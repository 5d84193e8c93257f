/** The module that sorts texts: load, preprocess, infer, postprocess, each with errors of its own. Text of a file; nothing here runs it. */
export const modulePython = `"""Sorts texts with one pinned model.

    classifier = load()                       # reads config.json beside this file
    classifier.classify(["first", "second"])  # [Prediction(label=..., score=...), ...]

The stages can be called one by one: preprocess, infer, postprocess. Every error is a ClassifierError; none holds a text.
"""
from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

COMMIT = re.compile(r"[0-9a-f]{40}")


class ClassifierError(Exception):
    """Anything that went wrong here."""


class ConfigError(ClassifierError):
    """config.json is not there, or does not say what is needed."""


class DependencyError(ClassifierError):
    """A library is not installed."""


class ModelLoadingError(ClassifierError):
    """The model could not be loaded."""


class InputError(ClassifierError):
    """What was given is no list of texts; \`index\` says where."""

    def __init__(self, message: str, index: int | None = None) -> None:
        super().__init__(message)
        self.index = index


class InferenceError(ClassifierError):
    """The model failed while it ran."""


class ResourceError(ClassifierError):
    """Memory ran out: smaller batches, or a smaller model."""


class OutputError(ClassifierError):
    """The model answered something that is no label of the configuration."""


@dataclass(frozen=True)
class Config:
    model: str
    revision: str
    labels: tuple[str, ...]
    label_map: dict[str, str]
    max_characters: int
    batch_size: int


@dataclass(frozen=True)
class Prediction:
    label: str
    score: float


Pipeline = Callable[..., Any]


def read_config(path: Path) -> Config:
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigError(f"{path.name} cannot be read: {type(error).__name__}") from error
    if not isinstance(raw, dict):
        raise ConfigError(f"{path.name} must hold an object")
    model, revision = raw.get("model"), raw.get("revision")
    if not isinstance(model, str) or model == "":
        raise ConfigError("no model is chosen: put its id and its commit into config.json")
    if not isinstance(revision, str) or COMMIT.fullmatch(revision) is None:
        raise ConfigError("the revision must be a commit of 40 digits, not a branch or a tag")
    labels = raw.get("labels")
    if not isinstance(labels, list) or len(labels) < 2 or not all(isinstance(each, str) for each in labels):
        raise ConfigError("labels must be a list of at least two names")
    if len(set(labels)) < len(labels):
        raise ConfigError("labels must differ from each other")
    label_map = raw.get("label_map", {})
    if not isinstance(label_map, dict) or not all(each in labels for each in label_map.values()):
        raise ConfigError("label_map must lead to names that stand in labels")
    limits = {name: raw.get(name, default) for name, default in (("max_characters", 4000), ("batch_size", 16))}
    for name, value in limits.items():
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise ConfigError(f"{name} must be a whole number above 0")
    return Config(model, revision, tuple(labels), dict(label_map), **limits)


def transformers_pipeline(config: Config) -> Pipeline:
    """Safetensors only, no code of the model's own, on the CPU."""
    try:
        from transformers import pipeline
    except ImportError as error:
        raise DependencyError("transformers is not installed: see requirements.txt") from error
    try:
        return pipeline(
            "text-classification",
            model=config.model,
            revision=config.revision,
            trust_remote_code=False,
            model_kwargs={"use_safetensors": True},
            device=-1,
        )
    except MemoryError as error:
        raise ResourceError("memory ran out while the model was loaded") from error
    except Exception as error:  # the library raises whatever its parts raise
        raise ModelLoadingError(f"{config.model} could not be loaded: {type(error).__name__}") from error


def load(path: Path | None = None, make_pipeline: Callable[[Config], Pipeline] = transformers_pipeline) -> Classifier:
    config = read_config(path or Path(__file__).with_name("config.json"))
    return Classifier(config, make_pipeline(config))


class Classifier:
    def __init__(self, config: Config, pipeline: Pipeline) -> None:
        self.config = config
        self._pipeline = pipeline

    def classify(self, texts: Sequence[str]) -> list[Prediction]:
        return self.postprocess(self.infer(self.preprocess(texts)))

    def preprocess(self, texts: Sequence[str]) -> list[str]:
        """Composed Unicode, one space between words, no longer than max_characters; the same in training, evaluation and service."""
        if isinstance(texts, str) or not isinstance(texts, Sequence):
            raise InputError("give a list of texts, not one text or something else")
        ready = []
        for index, text in enumerate(texts):
            if not isinstance(text, str):
                raise InputError(f"text {index} is no string", index)
            plain = " ".join(unicodedata.normalize("NFC", text).split())
            if plain == "":
                raise InputError(f"text {index} is empty", index)
            ready.append(plain[: self.config.max_characters])
        return ready

    def infer(self, texts: Sequence[str]) -> list[dict[str, Any]]:
        raw: list[dict[str, Any]] = []
        for start in range(0, len(texts), self.config.batch_size):
            batch = list(texts[start : start + self.config.batch_size])
            try:
                answers = self._pipeline(batch, truncation=True)
            except MemoryError:
                raise ResourceError(f"memory ran out in the batch that starts at text {start}") from None
            except Exception as error:  # the library raises whatever its parts raise, and may quote a text: it is not kept
                raise InferenceError(f"the batch that starts at text {start} failed: {type(error).__name__}") from None
            if not isinstance(answers, list) or len(answers) != len(batch):
                raise OutputError(f"the batch that starts at text {start} has not one answer for each text")
            raw.extend(answers)
        return raw

    def postprocess(self, raw: Sequence[dict[str, Any]]) -> list[Prediction]:
        predictions = []
        for index, answer in enumerate(raw):
            try:
                said, score = str(answer["label"]), float(answer["score"])
            except (KeyError, TypeError, ValueError) as error:
                raise OutputError(f"answer {index} has no label or no score") from error
            label = self.config.label_map.get(said, said)
            if label not in self.config.labels:
                raise OutputError(f"answer {index} is a label that config.json does not name")
            if not 0.0 <= score <= 1.0:
                raise OutputError(f"answer {index} has a score that is no share")
            predictions.append(Prediction(label, score))
        return predictions
`;
