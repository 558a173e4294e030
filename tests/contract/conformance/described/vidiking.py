"""VidiKing: images, videos, renders."""

from typing import Any

from tests.contract.conformance.dialect import Dialect, Faulty, Form, Told, each, wrong


def _told(response: Any) -> Told:
    assert response.json.keys() == {"error"}
    error = response.json["error"]
    assert error.keys() - {"details"} == {"code", "message"}
    details = error.get("details", ())
    return Told(
        message=error["message"],
        code=error["code"],
        fields=frozenset(one["path"] for one in details),
    )


_MEDIA = "https://media.example.org"
_LONGEST = "https://example.org/" + "x" * 2028
_TOLD: Faulty = wrong("callback", "ftp://example.org/", "x", 7, _LONGEST + "x")
_OUTPUT_TAKEN = each(
    "output",
    {},
    *({"format": one} for one in ("mp4", "webm", "mov", "gif", "mp3", "wav", "jpg", "png", "bmp")),
    *({"resolution": one} for one in ("preview", "mobile", "sd", "hd", "1080", 1080, "4k")),
    *({"aspectRatio": one} for one in ("16:9", "9:16", "1:1", "4:5", "4:3")),
    *({"fps": one} for one in (12, 23.976, 29.97, 60)),
    *({"quality": one} for one in ("verylow", "low", "medium", "high", "veryhigh")),
    {"size": {"width": 2, "height": 4096}, "mute": True, "repeat": False, "scaleTo": "sd"},
    {"range": {"start": 1, "length": 2}, "poster": {"capture": 0}},
    {"thumbnail": {"capture": 1, "scale": 0.5}},
)
_OUTPUT_FAULTY: Faulty = [
    ({"output": given}, frozenset({place}))
    for given, place in (
        (..., "output"),
        (7, "output"),
        ({"format": "avi"}, "output.format"),
        ({"resolution": "8k"}, "output.resolution"),
        ({"aspectRatio": "5:4"}, "output.aspectRatio"),
        ({"fps": 11}, "output.fps"),
        ({"fps": 61}, "output.fps"),
        ({"fps": "25"}, "output.fps"),
        ({"quality": "best"}, "output.quality"),
        ({"size": {"width": 3, "height": 2}}, "output.size.width"),
        ({"size": {"width": 2, "height": 4098}}, "output.size.height"),
        ({"thumbnail": {"capture": 1, "scale": 2}}, "output.thumbnail.scale"),
    )
]

_VIDEO = Form(
    path="/v1/ai/video",
    body={"prompt": "Gentle camera push"},
    taken=[
        *each("prompt", "x" * 4_000),
        *each("model", "runway-gen4-turbo", "runway-gen4-hq"),
        *each("duration", 5, 10, 5.0),
        *each("aspect_ratio", "16:9", "9:16", "1:1"),
        *each("image_url", f"{_MEDIA}/room.png", None),
        *each("callback", _LONGEST),
    ],
    faulty=[
        *wrong("prompt", ..., None, "", 7, "x" * 4_001),
        *wrong("model", "x", 7, "flux"),
        *wrong("duration", 4, 6, 11, "5", True, None),
        *wrong("aspect_ratio", "4:3", 7),
        *wrong("image_url", "room.png", "ftp://example.org/room.png", 7),
        *_TOLD,
    ],
)

_CLIP = {"asset": {"type": "image", "src": f"{_MEDIA}/a.png"}, "start": 0, "length": 2}
_PLACE = "timeline.tracks[0].clips[0]"


def _timeline(**fields: Any) -> dict[str, Any]:
    clip = {name: one for name, one in {**_CLIP, **fields}.items() if one is not ...}
    return {"timeline": {"tracks": [{"clips": [clip]}]}}


def _asset(**fields: Any) -> dict[str, Any]:
    return _timeline(asset={name: one for name, one in fields.items() if one is not ...})


_SLIDES = ("slideLeft", "slideRight", "slideUp", "slideDown")
_TRANSITIONS = (*_SLIDES, "fade", "wipeLeft", "wipeRight", "wipeUp", "wipeDown", "zoom", "reveal")
_FILM = {"type": "video", "src": f"{_MEDIA}/a.mp4"}
_RENDER = Form(
    path="/v1/render",
    body={**_timeline(), "output": {"format": "mp4"}},
    taken=[
        *_OUTPUT_TAKEN,
        *(_timeline(fit=one) for one in ("cover", "contain", "crop", "none")),
        *(_timeline(scale=one) for one in (0.01, 2)),
        *(_timeline(opacity=one) for one in (0, 1)),
        *(_timeline(offset={"x": one, "y": -one}) for one in (-1, 0.5, 1, 1.5)),
        *(_timeline(transition={"in": one, "out": one}) for one in _TRANSITIONS),
        *(_timeline(effect=one) for one in ("zoomIn", "zoomOut")),
        _asset(**_FILM, trim=1.5, volume=0.9),
        _asset(**_FILM, volume=2),
        _asset(type="audio", src=f"{_MEDIA}/a.mp3", trim=1, volume=0, effect="fadeIn"),
        _asset(type="title", text="Harbour", style="future", size="large", color="#f4f1de"),
        _asset(type="html", html="<p>Harbour</p>", css="p { color: red }"),
        *each("callback", _LONGEST),
        *each("metadata", {}, {"order": "A-1009"}),
        *each("merge", [], [{"find": "A", "replace": 1}]),
    ],
    faulty=[
        *wrong("timeline", ..., 7, []),
        *_OUTPUT_FAULTY,
        *_TOLD,
        *wrong("metadata", 7, []),
        *wrong("merge", 7),
        ({"timeline": {"tracks": []}}, frozenset({"timeline.tracks"})),
        ({"timeline": {"tracks": [{"clips": []}]}}, frozenset({"timeline.tracks[0].clips"})),
        *(
            (_timeline(**{name: one}), frozenset({f"{_PLACE}.{name}"}))
            for name, one in (
                ("asset", ...),
                ("start", ...),
                ("start", -1),
                ("start", "0"),
                ("length", ...),
                ("length", 0),
                ("fit", "fill"),
                ("scale", -1),
                ("opacity", 1.1),
                ("effect", "spin"),
            )
        ),
        (_timeline(transition={"in": "spin"}), frozenset({f"{_PLACE}.transition.in"})),
        (_timeline(offset={"x": "1"}), frozenset({f"{_PLACE}.offset.x"})),
        (_asset(type="svg", src="<svg/>"), frozenset({f"{_PLACE}.asset.type"})),
        (_asset(type="video"), frozenset({f"{_PLACE}.asset.src"})),
        (_asset(**_FILM, trim=-1), frozenset({f"{_PLACE}.asset.trim"})),
        (_asset(**_FILM, volume=-1), frozenset({f"{_PLACE}.asset.volume"})),
        (_asset(type="title", text=" "), frozenset({f"{_PLACE}.asset.text"})),
    ],
)
_STITCH = Form(
    path="/v1/stitch",
    body={"clips": [{"src": f"{_MEDIA}/a.mp4"}], "output": {"format": "mp4"}},
    taken=[
        *_OUTPUT_TAKEN,
        *each("clips", [{"src": f"{_MEDIA}/a.png", "trim": 0, "length": 0.1}] * 100),
        *each("callback", _LONGEST),
    ],
    faulty=[
        *wrong("clips", ..., [], 7),
        *_OUTPUT_FAULTY,
        *_TOLD,
        ({"clips": [{}]}, frozenset({"clips[0].src"})),
        ({"clips": [{"src": "a.mp4"}]}, frozenset({"clips[0].src"})),
        ({"clips": [{"src": f"{_MEDIA}/a.mp4", "trim": -1}]}, frozenset({"clips[0].trim"})),
        ({"clips": [{"src": f"{_MEDIA}/a.mp4", "length": 0}]}, frozenset({"clips[0].length"})),
    ],
)
_TRIM = Form(
    path="/v1/trim",
    body={"src": f"{_MEDIA}/a.mp4", "start": 2.5, "length": 30, "output": {"format": "mp4"}},
    taken=[*_OUTPUT_TAKEN, *each("start", 0, 0.001), *each("length", 0.001, 36_000)],
    faulty=[
        *wrong("src", ..., 7, "a.mp4"),
        *wrong("start", ..., -0.1, "0", None),
        *wrong("length", ..., 0, -1, "1", None),
        *_OUTPUT_FAULTY,
        *_TOLD,
    ],
)

DIALECT = Dialect(
    name="vidiking",
    path="/v1/ai/image",
    body={"prompt": "A quiet harbour", "width": 64, "height": 64},
    taken=[
        *each("prompt", "x" * 4_000),
        *each("model", "flux", "stable-diffusion", "dall-e-3"),
        *each("width", 64, 2048, 64.0),
        *each("height", 64, 2048),
        *each("style", "natural", "vivid", "artistic"),
        *each("negative_prompt", "", None, "x" * 4_000),
        *each("callback", "https://example.org/" + "x" * 2028),
        *each("something_else", [1, {"a": 2}]),
    ],
    faulty=[
        *wrong("prompt", ..., None, "", " \n", 7, "x" * 4_001, "a\x00b", "\ud800"),
        *wrong("model", "x", 7),
        *wrong("width", 63, 2049, 64.5, "64", True, None, 10**30),
        *wrong("height", 63, 2049, -64),
        *wrong("style", "x", 7),
        *wrong("negative_prompt", 7, "x" * 4_001),
        *wrong("callback", "ftp://example.org/", "x", 7, "https://example.org/" + "x" * 2029),
        ({"prompt": 7, "width": "64"}, frozenset({"prompt", "width"})),
        ({"model": "x", "style": "x"}, frozenset({"model", "style"})),
    ],
    more=[_VIDEO, _RENDER, _STITCH, _TRIM],
    wrong_method="PUT",
    files=lambda body: [body["url"]],
    id_of=lambda body: str(body["id"]),
    found_at="/v1/render/{}",
    is_done=lambda body: body["status"] == "COMPLETE",
    told=_told,
    late_id=lambda body: str(body["id"]),
    hold=["LIMNER_MAX_WAIT_SECONDS"],
    nowhere=["/v1/ai/nothing", "/v1/render/x/nothing"],
    statuses={"failed": 502, "refused": 502, "canceled": 502, "late": 202},
)
