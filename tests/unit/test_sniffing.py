"""What a file is, told by how it begins."""

import pytest

from shared.errors import UnsupportedMedia
from shared.uploads import sniffing
from tests.support.media import picture


@pytest.mark.parametrize(
    ("format", "content_type"),
    [
        ("PNG", "image/png"),
        ("JPEG", "image/jpeg"),
        ("WEBP", "image/webp"),
        ("GIF", "image/gif"),
    ],
)
def test_a_picture_is_what_wrote_it(format: str, content_type: str) -> None:
    assert sniffing.content_type(picture(format=format)[: sniffing.HEAD]) == content_type


@pytest.mark.parametrize(
    ("head", "content_type"),
    [
        (b"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00isomiso2avc1mp41", "video/mp4"),
        (b"\x00\x00\x00\x14ftypqt  \x20\x05\x03\x00qt  ", "video/quicktime"),
        (b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\xf7\x81\x01B\xf2\x81\x04B\x82\x84webm", "video/webm"),
        (b"\x00\x00\x00\x08wide\x00\x10\x00\x00mdat", "video/quicktime"),
        (b"\x1aE\xdf\xa3\x9fB\x82\x88matroska", "video/x-matroska"),
        (b"RIFF\x24\x00\x00\x00AVI LIST", "video/x-msvideo"),
        (b"ID3\x04\x00\x00\x00\x00\x00\x23TSSE", "audio/mpeg"),
        (b"\xff\xfb\x90\x64\x00\x00", "audio/mpeg"),
        (b"RIFF\x24\x00\x00\x00WAVEfmt ", "audio/wav"),
        (b"OggS\x00\x02", "audio/ogg"),
        (b"fLaC\x00\x00\x00\x22", "audio/flac"),
        (b"\xff\xf1\x50\x80\x02", "audio/aac"),
        (b"\x00\x00\x00\x1cftypM4A \x00\x00\x02\x00M4A isom", "audio/mp4"),
        (b"\x00\x01\x00\x00\x00\x0f\x00\x80", "font/ttf"),
        (b"OTTO\x00\x0b\x00\x80", "font/otf"),
        (b"1\r\n00:00:01,000 --> 00:00:04,000\r\nHello", "application/x-subrip"),
        (b"\xef\xbb\xbf\n12\n01:00:01.5 --> 01:00:04,000\nHello", "application/x-subrip"),
        (b"WEBVTT\n\n00:01.000 --> 00:04.000\nHello", "text/vtt"),
        (b"\xef\xbb\xbfWEBVTT - a title\n", "text/vtt"),
        (b"glTF\x02\x00\x00\x00\x10\x00\x00\x00", "model/gltf-binary"),
    ],
)
def test_other_media_are_known_by_their_marks(head: bytes, content_type: str) -> None:
    assert sniffing.content_type(head) == content_type


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"\x89",
        b"<svg xmlns='http://www.w3.org/2000/svg'>",
        b"<!doctype html>",
        b"#!/bin/sh\n",
        b"%PDF-1.7",
        b"PK\x03\x04",
        b"\x00\x00\x00\x20ftypavif\x00\x00\x00\x00",
        b"#EXTM3U\n#EXT-X-TARGETDURATION:10\n",
        b"ffconcat version 1.0\nfile other.mp4\n",
        b"<?xml version='1.0'?><MPD/>",
        b"ttcf\x00\x02\x00\x00",
        b"WEBVTTX",
        b"1\nhttp://example.org/",
        b"\xff\xff\xff\xff",
    ],
)
def test_anything_else_is_refused(head: bytes) -> None:
    with pytest.raises(UnsupportedMedia):
        sniffing.content_type(head)
