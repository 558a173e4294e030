"""Every vendor that the suite is run for.

To add one: describe it in a module of its own, and name it here. What it does beyond the suite has
tests of its own.
"""

from tests.contract.providers.bfl import BFL
from tests.contract.providers.cloudflare import CLOUDFLARE
from tests.contract.providers.fal import FAL
from tests.contract.providers.gemini import GEMINI
from tests.contract.providers.ideogram import IDEOGRAM
from tests.contract.providers.ltx import LTX
from tests.contract.providers.openai import OPENAI
from tests.contract.providers.replicate import REPLICATE
from tests.contract.providers.stability import STABILITY
from tests.contract.providers.tripo import TRIPO
from tests.contract.providers.vidu import VIDU

DESCRIBED = (BFL, CLOUDFLARE, FAL, GEMINI, IDEOGRAM, LTX, OPENAI, REPLICATE, STABILITY, TRIPO, VIDU)
