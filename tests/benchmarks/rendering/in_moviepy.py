"""A story as MoviePy 2 makes it: a program for an environment of its own, told all in JSON.

``python in_moviepy.py STORY.json MEDIA OUT``; it has no wipes, which are slides here.
"""

import json
import sys
from pathlib import Path
from typing import Any

from moviepy import (
    AudioFileClip,
    CompositeAudioClip,
    CompositeVideoClip,
    ImageClip,
    VideoFileClip,
    afx,
    vfx,
)

_SIDES = {"Left": "right", "Right": "left", "Up": "bottom", "Down": "top"}


def _segment(one: dict[str, Any], media: Path, size: tuple[int, int]) -> Any:
    path = str(media / one["source"])
    if path.endswith(".mp4"):
        clip = VideoFileClip(path).subclipped(one["trim"], one["trim"] + one["length"])
    else:
        clip = ImageClip(path).with_duration(one["length"])
    clip = clip.resized(max(size[0] / clip.w, size[1] / clip.h))
    if not one["zoom"]:
        clip = clip.cropped(width=size[0], height=size[1], x_center=clip.w / 2, y_center=clip.h / 2)
    else:
        first, last = one["zoom"]
        clip = clip.resized(lambda t: first + (last - first) * t / one["length"])
    clip = clip.with_start(one["start"]).with_position("center")
    if one["enter"] == "fade":
        clip = clip.with_effects([vfx.CrossFadeIn(1)])
    elif one["enter"]:
        side = next(_SIDES[way] for way in _SIDES if one["enter"].endswith(way))
        clip = clip.with_effects([vfx.SlideIn(1, side)])
    return clip


def _overlay(one: dict[str, Any], media: Path, size: tuple[int, int]) -> Any:
    clip = ImageClip(str(media / one["source"])).with_duration(one["length"])
    left, top = size[0] * one["x"] - clip.w / 2, size[1] * one["y"] - clip.h / 2
    slide = one["slide"] * size[0]
    clip = clip.with_opacity(one["opacity"]).with_start(one["start"])
    clip = clip.with_position(lambda t: (left - slide * max(0, 1 - t), top))
    return clip.with_effects([vfx.CrossFadeIn(1), vfx.CrossFadeOut(1)]) if one["fades"] else clip


def _music(one: dict[str, Any], media: Path) -> Any:
    clip = AudioFileClip(str(media / one["source"])).subclipped(0, one["length"])
    return clip.with_effects([afx.MultiplyVolume(one["volume"])]).with_start(one["start"])


def main() -> None:
    """Write one story."""
    told, media, result = (Path(one) for one in sys.argv[1:])
    story = json.loads(told.read_text())
    size = tuple(story["size"])
    clips = [
        *(_segment(one, media, size) for one in story["segments"]),
        *(_overlay(one, media, size) for one in story["overlays"]),
    ]
    film = CompositeVideoClip(clips, size=size).with_duration(story["seconds"])
    if result.suffix == ".gif":
        film.write_gif(str(result), fps=story["rate"], logger=None)
        return
    sounds = [_music(one, media) for one in story["music"]]
    if film.audio is not None:
        sounds.append(film.audio)
    if sounds:
        film = film.with_audio(CompositeAudioClip(sounds).with_duration(story["seconds"]))
    film.write_videofile(
        str(result),
        fps=story["rate"],
        codec="libx264",
        preset="veryfast",
        audio_codec="aac",
        ffmpeg_params=["-crf", "23", "-pix_fmt", "yuv420p"],
        logger=None,
    )


if __name__ == "__main__":
    main()
