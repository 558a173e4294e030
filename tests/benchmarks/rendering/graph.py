"""A story as one ffmpeg command, tuned: every still is read and scaled once, and looped inside."""

from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.rendering.stories import Overlay, Segment, Story

# A zoom of this filter moves by whole pixels: of a picture twice as large they are halves.
_FINER = 2


def command(ffmpeg: str, story: Story, media: Path, result: Path) -> list[str]:
    """Return the command that writes a story."""
    inputs: list[str] = []
    for one in story.segments:
        cut = ["-ss", f"{one.trim}", "-t", f"{one.length}"] if one.is_film else []
        inputs += [*cut, "-i", str(media / one.source)]
    for source in (*(one.source for one in story.overlays), *(one.source for one in story.music)):
        inputs += ["-i", str(media / source)]
    graph = [*_pictures(story), *_sounds(story)]
    maps = ["-map", "[v]", *(["-map", "[a]"] if _is_heard(story) else [])]
    return [
        *(ffmpeg, "-y", "-nostdin", "-loglevel", "error", *inputs),
        *("-filter_complex", ";".join(graph), *maps, *_encoder(story), str(result)),
    ]


def _encoder(story: Story) -> list[str]:
    if story.format == "gif":
        return ["-loop", "0"]
    video = ["-c:v", "libx264", "-preset", "veryfast", "-crf", "23", "-pix_fmt", "yuv420p"]
    return [*video, "-c:a", "aac", "-b:a", "128k", "-movflags", "+faststart"]


def _pictures(story: Story) -> Iterator[str]:
    for number, one in enumerate(story.segments):
        yield f"[{number}:v]{_segment(one, story)}[s{number}]"
    yield from _joined(story)
    last = "base"
    for number, other in enumerate(story.overlays):
        place = len(story.segments) + number
        yield f"[{place}:v]{_overlay(other, story)}[o{number}]"
        yield f"[{last}][o{number}]{_laid(other)}[l{number}]"
        last = f"l{number}"
    if story.format == "gif":
        yield f"[{last}]split[one][two];[one]palettegen=stats_mode=diff[colours]"
        yield "[two][colours]paletteuse=dither=bayer:bayer_scale=3:diff_mode=rectangle[v]"
    else:
        yield f"[{last}]trim=end_frame={story.frames}[v]"


def _segment(one: Segment, story: Story) -> str:
    width, height = story.size
    frames = round(one.length * story.rate)
    fill = "scale={0}:{1}:force_original_aspect_ratio=increase,crop={0}:{1}"
    end = f"fps={story.rate},setsar=1,format=yuv420p,settb=1/{story.rate}"
    if one.is_film:
        return f"fps={story.rate}:round=up,{fill.format(width, height)},{end}"
    if one.zoom is None:
        loop = f"loop=loop={frames - 1}:size=1,setpts=N/({story.rate}*TB)"
        return f"{fill.format(width, height)},format=yuv420p,{loop},{end}"
    first, last = one.zoom
    zoom = f"{first}+{last - first}*on/{frames}"
    if min(one.zoom) < 1:
        raise ValueError("this filter only enlarges")
    move = f"zoompan=z='{zoom}':x='iw/2-iw/zoom/2':y='ih/2-ih/zoom/2'"
    larger = fill.format(width * _FINER, height * _FINER)
    return f"{larger},format=yuv420p,{move}:d={frames}:s={width}x{height}:fps={story.rate},{end}"


def _joined(story: Story) -> Iterator[str]:
    """Yield what lays segments one after the other, or over the end of the one before."""
    if not any(one.enter for one in story.segments):
        every = "".join(f"[s{number}]" for number in range(len(story.segments)))
        yield f"{every}concat=n={len(story.segments)}:v=1:a=0[base]"
        return
    last = "s0"
    for number, one in enumerate(story.segments[1:], 1):
        label = "base" if number == len(story.segments) - 1 else f"j{number}"
        way = (one.enter or "fade").lower().replace("carousel", "cover")
        yield f"[{last}][s{number}]xfade=transition={way}:duration=1:offset={one.start}[{label}]"
        last = label


def _overlay(one: Overlay, story: Story) -> str:
    frames = round(one.length * story.rate)
    parts = ["format=yuva420p", f"loop=loop={frames - 1}:size=1", f"setpts=N/({story.rate}*TB)"]
    if one.opacity < 1:
        parts.append(f"colorchannelmixer=aa={one.opacity}")
    if one.fades:
        parts.append("fade=in:st=0:d=1:alpha=1")
        parts.append(f"fade=out:st={one.length - 1}:d=1:alpha=1")
    return ",".join([*parts, f"setpts=PTS+{one.start}/TB"])


def _laid(one: Overlay) -> str:
    x = f"W*{one.x}-w/2"
    if one.slide:
        x += f"-W*{one.slide}*max(0,1-(t-{one.start}))"
    shown = f"between(t,{one.start},{one.start + one.length - 0.001})"
    return f"overlay=x='{x}':y='H*{one.y}-h/2':eof_action=pass:enable='{shown}'"


def _is_heard(story: Story) -> bool:
    return story.format != "gif" and (
        bool(story.music) or any(one.is_film for one in story.segments)
    )


def _sounds(story: Story) -> Iterator[str]:
    if not _is_heard(story):
        return
    labels = []
    for number, one in enumerate(story.segments):
        if one.is_film:
            wait = round(one.start * 1000)
            yield f"[{number}:a]aformat=channel_layouts=stereo,adelay={wait}:all=1[t{number}]"
            labels.append(f"[t{number}]")
    for number, music in enumerate(story.music, len(story.segments) + len(story.overlays)):
        wait = round(music.start * 1000)
        level = f"atrim=0:{music.length},volume={music.volume},aformat=channel_layouts=stereo"
        yield f"[{number}:a]{level},adelay={wait}:all=1[t{number}]"
        labels.append(f"[t{number}]")
    mix = f"amix=inputs={len(labels)}:normalize=0:duration=longest,apad,atrim=0:{story.seconds}"
    yield f"{''.join(labels)}{mix}[a]"
