/** The tests of the module: edge cases, with a stub in the pipeline's place. They need Python alone. Text of a file; nothing here runs it. */
export const testsPython = `"""Edge cases of text_classifier, with a stub where the model would be: they say nothing about how good a model is."""
import builtins
import json
import tempfile
import traceback
import unittest
from pathlib import Path
from unittest import mock

import text_classifier as tc

CONFIG = {
    "model": "org/model",
    "revision": "0123456789abcdef0123456789abcdef01234567",
    "labels": ["negative", "neutral", "positive"],
    "label_map": {"LABEL_2": "positive"},
    "max_characters": 20,
    "batch_size": 2,
}


class Stub:
    """Answers what it is told to, and remembers what it was asked."""

    def __init__(self, answer=None):
        self.batches = []
        self._answer = answer or (lambda text: {"label": "neutral", "score": 0.5})

    def __call__(self, texts, **_options):
        self.batches.append(texts)
        return [self._answer(text) for text in texts]


def classifier(stub=None, **changes):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "config.json")
        path.write_text(json.dumps({**CONFIG, **changes}), encoding="utf-8")
        return tc.load(path, lambda _config: stub or Stub())


class Loading(unittest.TestCase):
    def test_the_configuration_that_ships_can_be_read_or_says_what_is_missing(self):
        shipped = Path(tc.__file__).with_name("config.json")
        try:
            self.assertRegex(tc.read_config(shipped).revision, tc.COMMIT)
        except tc.ConfigError as error:
            self.assertIn("no model is chosen", str(error))

    def test_a_configuration_that_does_not_do_is_refused(self):
        for changes in (
            {"model": None},
            {"model": ""},
            {"revision": "main"},
            {"revision": None},
            {"labels": ["one"]},
            {"labels": "negative"},
            {"labels": ["positive", "negative", "negative"]},
            {"label_map": {"LABEL_0": "elsewhere"}},
            {"label_map": {"LABEL_0": ["negative"]}},
            {"batch_size": 0},
            {"batch_size": True},
            {"max_characters": "many"},
        ):
            with self.subTest(changes), self.assertRaises(tc.ConfigError):
                classifier(**changes)

    def test_a_configuration_that_is_not_there_or_no_json_is_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "config.json")
            with self.assertRaises(tc.ConfigError):
                tc.load(path, lambda _config: Stub())
            for text in ("{", "[]", "null", "[" * 100_000):
                path.write_text(text, encoding="utf-8")
                with self.subTest(text[:9]), self.assertRaises(tc.ConfigError):
                    tc.load(path, lambda _config: Stub())

    def test_a_missing_library_is_a_dependency_error(self):
        real = builtins.__import__

        def without(name, *rest, **more):
            if name == "transformers":
                raise ImportError(name)
            return real(name, *rest, **more)

        with mock.patch("builtins.__import__", without), self.assertRaises(tc.DependencyError):
            tc.transformers_pipeline(classifier().config)

    def test_the_model_is_loaded_as_it_is_pinned_and_nothing_of_its_code_is_run(self):
        pipeline = mock.Mock(return_value=Stub())
        with mock.patch.dict("sys.modules", {"transformers": mock.Mock(pipeline=pipeline)}):
            tc.transformers_pipeline(classifier().config)
        options = pipeline.call_args.kwargs
        self.assertEqual(options["revision"], CONFIG["revision"])
        self.assertFalse(options["trust_remote_code"])
        self.assertTrue(options["model_kwargs"]["use_safetensors"])

    def test_a_model_that_does_not_load_and_memory_that_runs_out_are_told_apart(self):
        for raised, expected in ((OSError("x"), tc.ModelLoadingError), (MemoryError(), tc.ResourceError)):
            pipeline = mock.Mock(side_effect=raised)
            with mock.patch.dict("sys.modules", {"transformers": mock.Mock(pipeline=pipeline)}):
                with self.assertRaises(expected):
                    tc.transformers_pipeline(classifier().config)


class Preprocessing(unittest.TestCase):
    def test_accents_are_composed_and_space_is_single(self):
        self.assertEqual(classifier().preprocess(["a\\u0301  b\\n c"]), ["\\u00e1 b c"])

    def test_a_text_that_is_too_long_is_cut(self):
        self.assertEqual(len(classifier().preprocess(["x" * 100])[0]), 20)

    def test_what_is_no_text_is_refused_with_its_place(self):
        for bad in ("", "  \\n", None, 3, b"bytes"):
            with self.subTest(bad=bad), self.assertRaises(tc.InputError) as caught:
                classifier().preprocess(["fine", bad])
            self.assertEqual(caught.exception.index, 1)

    def test_what_is_no_list_of_texts_is_refused(self):
        for bad in ("one text", None, 3, {"text": "a"}, {"a"}):
            with self.subTest(bad=bad), self.assertRaises(tc.InputError):
                classifier().preprocess(bad)


class Inference(unittest.TestCase):
    def test_batches_are_bounded_and_the_order_is_kept(self):
        stub = Stub(lambda text: {"label": "positive" if text == "c" else "negative", "score": 1.0})
        got = classifier(stub).classify(["a", "b", "c", "d", "e"])
        self.assertEqual(stub.batches, [["a", "b"], ["c", "d"], ["e"]])
        self.assertEqual([each.label for each in got], ["negative", "negative", "positive", "negative", "negative"])

    def test_nothing_is_asked_for_nothing(self):
        stub = Stub()
        self.assertEqual(classifier(stub).classify([]), [])
        self.assertEqual(stub.batches, [])

    def test_a_model_that_fails_and_memory_that_runs_out_are_told_apart(self):
        for raised, expected in ((RuntimeError("secret text"), tc.InferenceError), (MemoryError(), tc.ResourceError)):
            def fail(_text, raised=raised):
                raise raised

            with self.assertRaises(expected) as caught:
                classifier(Stub(fail)).classify(["a"])
            error = caught.exception
            self.assertNotIn("secret text", "".join(traceback.format_exception(type(error), error, error.__traceback__)))

    def test_too_few_answers_are_no_answers(self):
        with self.assertRaises(tc.OutputError):
            tc.Classifier(classifier().config, lambda texts, **_options: texts[:-1]).infer(["a", "b"])


class Postprocessing(unittest.TestCase):
    def test_a_label_of_the_model_is_mapped(self):
        self.assertEqual(classifier().postprocess([{"label": "LABEL_2", "score": 0.9}])[0].label, "positive")

    def test_what_is_no_answer_is_refused(self):
        for bad in ({"label": "LABEL_9", "score": 0.9}, {"score": 0.9}, {"label": "neutral"}, {"label": "neutral", "score": 7}, None):
            with self.subTest(bad=bad), self.assertRaises(tc.OutputError):
                classifier().postprocess([bad])


if __name__ == "__main__":
    unittest.main()
`;
