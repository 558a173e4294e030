"""What is put into words for a vendor that has no field for it."""

_STYLES = {
    "vivid": "vivid, saturated colours, dramatic light",
    "artistic": "artistic, painterly, expressive brushwork",
}


def in_words(prompt: str, style: str) -> str:
    """Return a prompt with its style put into words."""
    words = _STYLES.get(style)
    return f"{prompt}, {words}" if words else prompt


def no_negative_prompt(model: str, negative_prompt: str) -> list[str]:
    """Say that a model takes no negative prompt, if there is one."""
    return [f"{model} takes no negative prompt: it was left out."] if negative_prompt else []


def other_seconds(model: str, asked: float, made: float) -> list[str]:
    """Say that a model makes a video of another length, if it does."""
    if abs(asked - made) < 1e-3:
        return []
    return [f"{model} makes no video of {asked:g} seconds: this one has {made:g}."]
