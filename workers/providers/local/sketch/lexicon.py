"""What words mean to a painter."""

from collections.abc import Mapping

# Each line: what is meant, and the words that mean it (English, German, French, Spanish).

COLOURS: Mapping[str, str] = {
    "red": "#c8302a", "scarlet": "#d3261c", "crimson": "#a5162b", "ruby": "#9b1130",
    "maroon": "#6d1a27", "burgundy": "#6b1830", "rust": "#a8492a", "orange": "#ec7a1c",
    "tangerine": "#f28a30", "amber": "#f2a51f", "copper": "#b8693c", "bronze": "#9a6b3a",
    "yellow": "#f3cf2e", "gold": "#d9a62e", "lemon": "#f4e04d", "cream": "#f3e7c8",
    "beige": "#dcc8a4", "brown": "#7a4e2d", "chocolate": "#54321f", "tan": "#c8a06c",
    "green": "#3f8f45", "lime": "#9ccc2e", "emerald": "#149060", "olive": "#7c8238",
    "mint": "#98dfc0", "jade": "#2fa67b", "teal": "#14838a", "turquoise": "#2fc1bd",
    "cyan": "#26bfd8", "aqua": "#4fd3d6", "blue": "#2a62c4", "azure": "#3b8fe0",
    "navy": "#1b2c5c", "indigo": "#3c3590", "cobalt": "#1f4bb0", "ultramarine": "#2740b8",
    "purple": "#7a3aa8", "violet": "#7d4cc9", "lavender": "#b6a1e0", "lilac": "#c6a8d8",
    "magenta": "#c8288f", "pink": "#ee86ac", "rose": "#de6583", "salmon": "#f08c78",
    "coral": "#f47a62", "peach": "#f7b58c", "white": "#f1efea", "ivory": "#f1ead8",
    "silver": "#b9c0c7", "grey": "#86898d", "charcoal": "#3a3d42", "black": "#1d1e22",
}  # fmt: skip

COLOUR_WORDS: Mapping[str, str] = {
    "red": "rot rote roter rotes rouge rojo roja ginger redhead vermilion reddish",
    "green": "grun grune gruner vert verte verde greenish", "grey": "gray grau gris",
    "blue": "blau blaue blauer bleu bleue azul sapphire bluish", "violet": "lila violett amethyst",
    "yellow": "gelb gelbe jaune amarillo amarilla", "pink": "rosa fuchsia",
    "black": "schwarz schwarze noir noire negro negra obsidian ebony",
    "white": "weiss weisse blanc blanche blanco blanca", "brown": "braun marron",
    "gold": "golden golder goldene dorado dore gilded", "orange": "naranja ochre",
    "silver": "silbern argent plateado silvery", "rust": "mars martian",
}  # fmt: skip

HOURS: Mapping[str, str] = {
    "night": "night midnight nocturnal nightfall nighttime moonlit moonlight moon starry starlit"
    " nacht noche nuit mond luna lune cyberpunk neon",
    "dawn": "dawn sunrise daybreak morning aurore alba amanecer morgen sonnenaufgang aube",
    "sunset": "sunset sundown afterglow sonnenuntergang coucher atardecer ocaso",
    "dusk": "dusk twilight evening gloaming abend dammerung crepuscule soir",
    "golden": "golden_hour autumnal sunlit",
    "day": "day noon midday daylight sunny sunshine afternoon mittag jour midi dia soleado",
}  # fmt: skip

WEATHERS: Mapping[str, str] = {
    "rain": "rain rainy raining drizzle downpour wet regen pluie lluvia monsoon",
    "snow": "snow snowy snowing snowfall blizzard winter wintry frosty frozen icy ice schnee neige"
    " nieve hiver invierno christmas arctic",
    "storm": "storm stormy tempest thunderstorm thunder hurricane sturm orage tormenta gale raging",
    "lightning": "lightning blitz eclair",
    "fog": "fog foggy mist misty haze hazy smoky nebel brouillard niebla brume ethereal",
    "clouds": "cloud cloudy overcast wolken nuage nube cloudscape dramatic",
    "clear": "clear cloudless",
    "rainbow": "rainbow regenbogen arcoiris",
    "aurora": "aurora northern_lights borealis polarlicht",
    "stars": "star starry starlit stars stern etoile estrella constellation milky_way",
    "moon": "moon moonlit moonlight full_moon crescent mond luna lune",
    "sun": "sun sunny sunset sunrise sonne soleil sol",
    "autumn": "autumn autumnal fall herbst automne otono october maple",
    "spring": "spring blossom fruhling printemps primavera sakura",
    "wind": "wind windy breeze",
}  # fmt: skip

PLACES: Mapping[str, str] = {
    "mountains": "mountain mountainous alps alpine peak summit everest himalaya ridge berg gebirge"
    " montagne montana sierra volcano glacier cliff fjord highland",
    "hills": "hill hilly countryside tuscany landscape valley scenery landschaft paysage paisaje"
    " village dorf",
    "field": "field meadow prairie grassland wiese champ campo farm pasture savanna steppe garden"
    " park garten jardin plain wheat picnic tundra flower_meadow flower_field flower_garden"
    " rose_garden tulip_field lavender_field sunflower_field wildflower blooms",
    "sea": "sea ocean seascape meer mer mar oceano wave coast seaside harbor harbour bay shore"
    " atlantic pacific nautical",
    "beach": "beach strand plage playa tropical island",
    "lake": "lake pond lakeside lac lago reflection lagoon river stream fluss riviere rio",
    "desert": "desert dune sahara wuste desierto canyon mesa oasis mars martian",
    "forest": "forest wood woodland jungle rainforest wald foret bosque grove taiga woods",
    "city": "city urban town skyline downtown metropolis cityscape street skyscraper stadt ville"
    " ciudad tokyo york manhattan london paris berlin shanghai building cyberpunk alley avenue"
    " traffic",
    "space": "space galaxy nebula cosmos cosmic universe interstellar supernova weltall galaxie"
    " espacio outer orbit milky_way astronomy celestial planet",
    "galaxy": "galaxy galaxie milky_way spiral",
    "undersea": "underwater undersea reef coral_reef submarine aquarium seabed deep_sea",
    "table": "bowl fruit still_life vase table kitchen breakfast basket stillleben bodegon obst"
    " fruta food dinner",
    "portrait": "portrait headshot face selfie portrat retrato bust closeup",
    "abstract": "abstract abstrakt abstrait abstracto pattern texture wallpaper swirl fluid marble"
    " geometric mandala shape composition psychedelic gradient",
    "studio": "logo icon sticker product studio isolated mascot emblem poster minimal minimalist",
}  # fmt: skip

TECHNIQUES: Mapping[str, str] = {
    "watercolour": "watercolour watercolor aquarell aquarelle acuarela wash",
    "ink": "ink sumi charcoal_drawing tinte calligraphy monochrome etching pencil engraving noir",
    "oil": "oil painting painted painterly impressionist impressionism gemalde peinture artistic"
    " monet gogh brush brushstroke acrylic gouache canvas impasto",
    "geometric": "geometric cubist cubism bauhaus mondrian polygonal lowpoly vector tiling",
}  # fmt: skip

FIGURES: Mapping[str, str] = {
    "fox": "fox fuchs renard zorro", "wolf": "wolf loup lobo husky coyote",
    "dog": "dog puppy hund chien perro retriever labrador corgi doggo",
    "cat": "cat kitten kitty katze chat gato panther", "horse": "horse pony unicorn pferd cheval"
    " caballo stallion", "deer": "deer stag elk reindeer hirsch cerf ciervo moose fawn",
    "bear": "bear oso grizzly panda", "rabbit": "rabbit bunny hare hase lapin conejo",
    "cow": "cow bull kuh vache vaca cattle ox bison", "sheep": "sheep lamb schaf mouton oveja goat",
    "lion": "lion lioness lowe leon tiger leopard", "elephant": "elephant elefant elefante mammoth",
    "bird": "bird crow raven robin sparrow parrot vogel oiseau pajaro owl hummingbird",
    "gulls": "gull seagull eagle hawk flock swallow crane heron geese goose",
    "fish": "fish goldfish fisch poisson pez koi salmon_fish shark", "whale": "whale wal baleine"
    " ballena dolphin orca", "butterfly": "butterfly schmetterling papillon mariposa moth",
    "dragon": "dragon drache dinosaur wyvern", "jellyfish": "jellyfish medusa qualle",
    "turtle": "turtle tortoise", "swan": "swan duck schwan cygne cisne",
    "lighthouse": "lighthouse leuchtturm phare faro",
    "house": "house cottage home haus maison casa hut barn farmhouse villa",
    "cabin": "cabin lodge chalet hutte cabane", "castle": "castle fortress schloss burg chateau"
    " castillo palace", "tower": "tower turm torre campanile", "church": "church chapel"
    " cathedral kirche eglise iglesia", "windmill": "windmill mill moulin molino",
    "pagoda": "pagoda temple shrine", "tent": "tent camp camping yurt",
    "bridge": "bridge brucke pont puente", "pyramid": "pyramid",
    "sailboat": "boat sailboat yacht sailing boot bateau barco sail regatta",
    "ship": "ship galleon schiff navire pirate frigate vessel", "car": "car auto voiture coche"
    " automobile taxi convertible truck van", "train": "train locomotive zug tren railway",
    "plane": "plane airplane aeroplane aircraft flugzeug avion jet", "balloon": "balloon hot_air"
    " ballon globo", "rocket": "rocket spaceship spacecraft rakete fusee cohete shuttle",
    "ufo": "ufo saucer alien", "bicycle": "bicycle bike fahrrad velo bicicleta",
    "robot": "robot android mech cyborg roboter droid", "person": "person man woman girl boy people"
    " human figure traveler traveller wanderer hiker mann frau homme femme hombre mujer child kid"
    " couple monk king queen lady samurai knight warrior hero wizard dancer student fisherman",
    "astronaut": "astronaut cosmonaut spaceman", "sailor": "sailor captain matelot seemann",
    "snowman": "snowman", "umbrella": "umbrella parasol", "tree": "tree oak baum arbre arbol elm"
    " birch bonsai", "pine": "pine fir spruce conifer tanne", "palm": "palm coconut_tree",
    "blossom": "blossom sakura cherry_tree", "flower": "flower daisy tulip blume fleur flor rose"
    " poppy lily petal", "sunflower": "sunflower sunflower_field sonnenblume tournesol girasol",
    "flowers": "flower_meadow flower_field flower_garden rose_garden tulip_field lavender_field"
    " blooms wildflower", "cactus": "cactus saguaro",
    "mushroom": "mushroom toadstool pilz champignon seta", "apple": "apple apfel pomme manzana",
    "fruits": "fruit obst fruta", "pear": "pear birne poire", "lemon": "lemon citron zitrone limon",
    "grapes": "grape traube raisin uva", "cherries": "cherry kirsche cerise", "bowl": "bowl basket"
    " plate", "vase": "vase pot", "cup": "cup coffee tea mug kaffee cafe te latte espresso",
    "bottle": "bottle wine wein vin", "candle": "candle kerze bougie vela",
        "book": "book buch livre"
    " libro", "pumpkin": "pumpkin kurbis calabaza halloween", "heart": "heart herz coeur corazon"
    " love", "planet": "planet saturn jupiter earth world erde", "crystal": "crystal gem diamond"
    " quartz jewel", "skull": "skull skeleton", "lantern": "lantern lamp", "guitar": "guitar",
    "bench": "bench", "rock": "rock stone boulder",
}  # fmt: skip

# Parts of a scene that a colour word may belong to: "purple sky", "golden grass".
THINGS: Mapping[str, str] = {
    "sky": "sky himmel ciel cielo", "cloud": "cloud clouds wolke nuage nube",
    "land": "mountain mountains hill hills dune grass meadow field land sand leaf leaves foliage"
    " forest desert canyon cliff wheat autumn",
    "water": "sea ocean water lake river wave wasser eau agua pond",
    "light": "light lights lighting glow neon sun sunset dawn sunrise", "hair": "hair haired beard",
    "clothes": "coat dress shirt jacket hat scarf cap robe cloak suit", "moon": "moon",
    "backdrop": "background backdrop wall",
}  # fmt: skip

NUMBERS: Mapping[str, int] = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "several": 4,
    "many": 6, "couple": 2, "pair": 2, "flock": 6, "herd": 5, "school": 6, "group": 4, "few": 3,
    "zwei": 2, "drei": 3, "deux": 2, "trois": 3, "dozens": 9,
}  # fmt: skip

# Two words that mean something else together than apart.
_PHRASES = (
    "golden_hour blue_hour milky_way northern_lights full_moon still_life hot_air deep_sea"
    " cherry_blossom outer_space new_york white_house polar_bear coconut_tree cherry_tree"
    " close_up coral_reef lavender_field flower_meadow flower_field flower_garden rose_garden"
    " tulip_field sunflower_field orange_juice"
)
PHRASES: frozenset[str] = frozenset(_PHRASES.split())

MOODS: Mapping[str, str] = {
    "dark": "dark gloomy moody sinister gothic noir ominous horror haunted somber scary shadow",
    "bright": "bright cheerful happy joyful light airy luminous radiant",
    "calm": "calm serene peaceful quiet tranquil gentle soft dreamy still",
    "old": "old ancient elderly wise aged weathered grandfather grandmother",
    "lonely": "lonely lone solitary alone",
    "woman": "woman girl lady queen frau femme mujer grandmother princess",
    "pastel": "pastel", "vivid": "vivid vibrant colourful colorful saturated neon",
}  # fmt: skip

# Signs that stand for a word: emoji, and the commonest characters of Chinese and Japanese.
SIGNS: Mapping[str, str] = {
    "🦊": "fox", "🐺": "wolf", "🐶": "dog", "🐕": "dog", "🐱": "cat", "🐈": "cat", "🐴": "horse",
    "🐎": "horse", "🦌": "deer", "🐻": "bear", "🐰": "rabbit", "🐦": "bird", "🐟": "fish",
    "🐳": "whale", "🦋": "butterfly", "🐉": "dragon", "🏠": "house", "🏰": "castle", "⛵": "boat",
    "🚗": "car", "🚂": "train", "🚀": "rocket", "🤖": "robot", "🌳": "tree", "🌲": "pine",
    "🌴": "palm", "🌸": "blossom", "🌻": "sunflower", "🌷": "flower", "🍎": "apple", "🍋": "lemon",
    "🎃": "pumpkin", "❤": "heart", "🌊": "sea", "🏔": "mountain", "⛰": "mountain", "🏜": "desert",
    "🏖": "beach", "🌃": "city night", "🌅": "sunrise", "🌇": "sunset", "🌌": "galaxy",
    "🌙": "night moon", "⭐": "stars", "☀": "sunny", "🌧": "rain", "⛈": "storm", "❄": "snow",
    "🌈": "rainbow", "狐": "fox", "狼": "wolf", "犬": "dog", "狗": "dog", "猫": "cat",
    "马": "horse", "鹿": "deer", "鸟": "bird", "鱼": "fish", "龙": "dragon", "花": "flower",
    "树": "tree",
    "木": "tree", "森": "forest", "山": "mountain", "海": "sea", "湖": "lake", "雪": "snow",
    "雨": "rain", "夜": "night", "月": "moon", "星": "stars", "城": "city", "街": "street",
    "船": "boat", "家": "house", "红": "red", "赤": "red", "蓝": "blue", "青": "blue",
    "绿": "green", "黄": "yellow", "白": "white", "黑": "black", "紫": "purple", "金": "gold",
    "日落": "sunset", "日出": "sunrise", "沙漠": "desert", "樱": "blossom", "桜": "blossom",
}  # fmt: skip


def inverted(table: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Turn meanings with their words into words with their meanings."""
    meanings: dict[str, tuple[str, ...]] = {}
    for meaning, words in table.items():
        for word in dict.fromkeys((meaning, *words.split())):
            meanings[word] = (*meanings.get(word, ()), meaning)
    return meanings


COLOUR_OF_WORD = {word: names[0] for word, names in inverted(COLOUR_WORDS).items()} | {
    name: name for name in COLOURS
}
HOUR_OF_WORD = inverted(HOURS)
WEATHER_OF_WORD = inverted(WEATHERS)
PLACE_OF_WORD = inverted(PLACES)
TECHNIQUE_OF_WORD = inverted(TECHNIQUES)
FIGURE_OF_WORD = inverted(FIGURES)
THING_OF_WORD = inverted(THINGS)
MOOD_OF_WORD = inverted(MOODS)

VOCABULARY: frozenset[str] = frozenset().union(
    COLOUR_OF_WORD, HOUR_OF_WORD, WEATHER_OF_WORD, PLACE_OF_WORD, TECHNIQUE_OF_WORD,
    FIGURE_OF_WORD, THING_OF_WORD, MOOD_OF_WORD, NUMBERS, PHRASES,
)  # fmt: skip
