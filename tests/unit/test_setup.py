"""This project's set-up: what each step is made from, what it makes, and its command line."""

from pathlib import Path

import pytest
from setup_stand_ins import a_python, executable, job_in

from scripts.provision.graph import Step
from scripts.provision.jobs import StepFailed
from scripts.provision.main import main
from scripts.provision.steps import Layout, project_steps


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    layout = Layout(root=tmp_path)
    layout.locks.mkdir()
    for name in ("tools.txt", "dev.txt", "build.txt"):
        (layout.locks / name).write_text(name)
    (tmp_path / "pyproject.toml").write_text("[project]")
    for folder in ("domain", "data"):
        (layout.rasa / folder).mkdir(parents=True)
    (layout.rasa / "config.yml").write_text("pipeline: []")
    layout.rasa_lock.write_text("rasa==3.6.21")
    layout.speech_resolver.parent.mkdir(parents=True)
    layout.speech_resolver.write_text("")
    return layout


def steps_of(layout: Layout) -> dict[str, Step]:
    return {one.name: one for one in project_steps(layout, {}, layout.root)}


def test_both_environments_need_only_the_installer(layout: Layout) -> None:
    steps = steps_of(layout)
    assert steps["app-env"].after == steps["rasa-env"].after == ("tools",)
    assert steps["rasa-model"].after == ("rasa-env",)
    assert steps["speech-model"].after == ("app-env",)


@pytest.mark.parametrize(
    ("changed", "redone"),
    [
        ("locks/tools.txt", {"tools"}),
        ("locks/dev.txt", {"app-env"}),
        ("pyproject.toml", {"app-env"}),
        ("locks/build.txt", {"app-env", "rasa-env"}),
        ("rasa_project/requirements.txt", {"rasa-env", "rasa-model"}),
        ("rasa_project/config.yml", {"rasa-model"}),
        ("rasa_project/domain/slots.yml", {"rasa-model"}),
        ("rasa_project/data/nlu/greet.yml", {"rasa-model"}),
        ("speech/recognition/model.py", {"speech-model"}),
        ("rasa_project/actions/actions.py", set()),
    ],
)
def test_a_changed_file_redoes_the_steps_it_goes_into_and_no_other(
    layout: Layout, changed: str, redone: set[str]
) -> None:
    before = {name: one.fingerprint() for name, one in steps_of(layout).items()}
    path = layout.root / changed
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("changed")
    after = {name: one.fingerprint() for name, one in steps_of(layout).items()}
    assert {name for name in before if before[name] != after[name]} == redone


def a_rasa(layout: Layout, script: str) -> None:
    """A stand-in for Rasa's command; in its script, $OUT is the folder for the model."""
    last_argument = 'for OUT in "$@"; do :; done'
    executable(layout.rasa_env / "bin" / "rasa", f"{last_argument}\n{script}")


async def test_a_trained_model_takes_the_place_of_the_old_one(layout: Layout) -> None:
    models = layout.model.parent
    (models / ".training-left-over").mkdir(parents=True)
    layout.model.write_text("old")
    a_rasa(layout, 'test "$RASA_TELEMETRY_ENABLED" = false && echo new > "$OUT/dialogue.tar.gz"')
    await steps_of(layout)["rasa-model"].work(job_in(layout.root))
    assert layout.model.read_text() == "new\n"
    assert list(models.iterdir()) == [layout.model]


async def test_a_training_that_fails_leaves_the_old_model(layout: Layout) -> None:
    layout.model.parent.mkdir()
    layout.model.write_text("old")
    a_rasa(layout, 'echo half > "$OUT/dialogue.tar.gz"; exit 1')
    with pytest.raises(StepFailed, match="rasa ended with code 1"):
        await steps_of(layout)["rasa-model"].work(job_in(layout.root))
    assert layout.model.read_text() == "old"
    assert list(layout.model.parent.iterdir()) == [layout.model]


async def test_an_environment_is_made_from_its_lock_with_hashes(layout: Layout) -> None:
    executable(layout.uv, f'echo "$@" >> {layout.root}/asked\necho {layout.root}/python')
    executable(layout.tools_python, "exit 0")
    a_python(layout.root / "python")
    await steps_of(layout)["rasa-env"].work(job_in(layout.root))
    asked = (layout.root / "asked").read_text().splitlines()
    assert asked[0] == "python find --no-project --system 3.10"
    assert asked[1].startswith("venv --clear")
    assert "--require-hashes" in asked[2]
    assert asked[2].endswith(str(layout.rasa_lock))


def test_an_unknown_step_is_refused_with_the_names_there_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["nonsense"]) == 2
    assert "no such step: nonsense; there are tools, app-env" in capsys.readouterr().out


def test_a_wrong_rasa_python_ends_the_set_up_before_it_starts(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RASA_PYTHON", "/nowhere/python3.10")
    assert main([]) == 1
    assert "RASA_PYTHON is /nowhere/python3.10" in capsys.readouterr().err
