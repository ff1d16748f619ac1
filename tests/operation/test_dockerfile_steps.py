"""What carries out the Dockerfile by hand reads it, and `.dockerignore`, as Docker does."""

from tests.operation.dockerfile.build import SOURCE, list_copied, read_instructions, read_pairs


def test_each_instruction_of_the_dockerfile_is_read_with_its_continued_lines():
    found = list(read_instructions((SOURCE / "deploy" / "Dockerfile").read_text()))
    names = [name for name, _words in found]
    assert names.count("FROM") == 2 and names.count("RUN") == 3 and names[-1] == "CMD"
    (made,) = (words for name, words in found if name == "RUN" and "useradd" in words)
    assert "pybabel" in made and "install -d" in made and "\\\n" not in made
    assert read_pairs('A=1 B="two words"') == [("A", "1"), ("B", "two words")]


def test_what_dockerignore_names_is_not_copied(tmp_path):
    for name in (
        "app.py",
        "a/__pycache__/x.pyc",
        "a/b.py",
        ".git/HEAD",
        "deploy/.env",
        "deploy/Dockerfile",
        ".coverage.1",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / ".venv").symlink_to(tmp_path / "a")
    ignored = [".git", ".venv", "**/__pycache__", "**/*.pyc", "deploy/.env", ".coverage*"]
    assert {str(path) for path in list_copied(tmp_path, ignored)} == {"app.py", "a/b.py", "deploy/Dockerfile"}
