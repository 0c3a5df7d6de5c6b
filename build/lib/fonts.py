"""Makes the product's fonts. Called by build/fonts, which says what is in them:

  fonts.py ROOT SOURCES

ROOT is the repository, SOURCES the folder with Debian's fonts. A font of Chinese
or Japanese is Noto Sans' Latin letters with the characters of the language beside
them, on one em and one base line, in TrueType outlines: a window's theme takes
one font, and a PDF can hold no other outlines.
"""

import json
import os
import sys
import tomllib

from fontTools import subset
from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTCollection, TTFont

ROOT, SOURCES = sys.argv[1], sys.argv[2]

# How far an outline may be from the original, in thousandths of an em.
MAX_ERROR = 1.5


def rows(encoding, first, last):
    """The characters of rows of a national character set."""
    found = set()
    for row in range(first, last + 1):
        for cell in range(1, 95):
            try:
                found.add(bytes([row + 0xA0, cell + 0xA0]).decode(encoding))
            except UnicodeDecodeError:
                pass
    return found


# Characters of people's and places' names that the national sets are without, or
# hold among the rare ones.
NAMES_ZH = "昇堃喆頔珺玥玚玙珣琎琤瑒瑨璕璟璠甯砉祎禤翀芃荭菂萩逌郃鄌铧锜镕韡颋飏骎骕鹮龑旸旻昪晞晢暠曈朣栐桄梽湜溦滢潆澔灏炆炘烜烔焜焯煊熳燚犇獴玹"
NAMES_JA = """
﨑髙邊邉齋齊濱瀨眞惠實廣澤櫻條國學德彌萬壽榮圓靜龍瀧嶋嶌槇祐禮凜凛遥遙晟昊颯煌燎玲琉瑛瑠璃琥珀珈瑚瑞莉茉苺萌葵蓮蒼薫藍蘭楓梨栞柚椿榎榊柊絢綾紗絃綺慧惺惟悠恕咲哉哩喬嗣嘉圭奎妃娃孜宥寧尭嶺巌巖巽帆庵彗彪彬晃晄晏晋晶暉暢曖朔朋杏杜來侑俐倖倭偲允兎凌凪凰勁匡卯叡亘亙亮伍佑伶侃逢郁醇采鎌鞠頌馨駒駿鳳鴻鵬鷹鷺麒麟麿黎黛
亞伊佛假價傳僞儉兒兩冨冴凉劍勳單嚴囘團圍增壯壺壽姬將專尙屆峯嶽巢帶廳彈彥徠悅戰拔拂挾揭搖擧擴收敍晚晝曉曾朗桝梁槌樂樣橫檢歐歷每氣沒涉淚淸渕渚湊滿瀞焰煕燈爲狹猪珊珞珠琢瑳璋璟甁畫當疊盡眸睦矗砥碎祈祕祥禎禱秀稻穗穰竣笙笹筑粹紘紬綸緒緣縣縱繁繫纖纏羚翠翔翠耀聰聽肇脩膽臺與舖茅茜莞莱莊菫萊葡葛葦蕨薗藏藝藥蘆虎虛蝶螢衞裕裝覺觀詢諄證譯讓豐賣賴贊赳輔轉辯遼邑郎鄕釋銑鋭錄錬鎭鐵關陷陸隆隨險雜雫靖靑鞆響頰顯騷驍驗髮魁魚鮎鮫鯛鶯鶴鷗鷲黃默黛鼎齡
"""
# What companies, units and lists are written with beside the national sets.
SIGNS = "‘’“”…—·①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳㈱㈲㈹№℡㎜㎝㎞㎎㎏㎡㎥㏄℃℉々〆〇ゝゞヽヾー～〜－"

LANGUAGES = {
    # tag: (its face in the collection, characters of its national set, quotes and dashes it writes as wide as a character)
    "zh-Hans": (2, rows("gb2312", 1, 6) | rows("gb2312", 16, 87) | set(NAMES_ZH), "‘’“”…—"),
    "ja": (0, rows("euc_jp", 1, 5) | rows("euc_jp", 16, 47) | set(NAMES_JA), "…—"),
}

# The languages are offered by their own names, whichever is spoken.
NAMES_OF_LANGUAGES = {"zh-Hans": "简体中文", "ja": "日本語"}

# The letters and signs that are drawn as everywhere else.
LATIN = [*range(0x20, 0x7F), *range(0xA0, 0x180), 0x192, *range(0x218, 0x21C), *range(0x2C6, 0x2DE), 0x2002, 0x2003, 0x2009, 0x200A, 0x200B,
         *range(0x2010, 0x2016), *range(0x2018, 0x201F), *range(0x2020, 0x2023), 0x2026, 0x202F, 0x2030, 0x2032, 0x2033, 0x2039, 0x203A, 0x2044, 0x20AC,
         0x2116, 0x2122, *range(0x2190, 0x2194), 0x2212, 0x2248, 0x2260, 0x2264, 0x2265, 0xFFFD]


def said(lang):
    """All that the product says in a language."""
    found = set()
    folder = os.path.join(ROOT, "assets/text", lang)
    for name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, name), encoding="utf-8") as f:
            for entry in json.load(f).values():
                found |= set("".join(entry.values()) if isinstance(entry, dict) else entry)

    terms = os.path.join(ROOT, "assets/terms", lang)
    for name in sorted(os.listdir(terms)):
        with open(os.path.join(terms, name), encoding="utf-8") as f:
            found |= set(f.read()) - {"\n"}

    def walk(node, inside):
        if isinstance(node, dict):
            for key, below in node.items():
                walk(below, inside or key == lang)
        elif isinstance(node, list):
            for below in node:
                walk(below, inside)
        elif isinstance(node, str) and inside:
            found.update(node)

    profiles = os.path.join(ROOT, "assets/profiles")
    tables = [os.path.join(profiles, name) for name in sorted(os.listdir(profiles)) if name.endswith(".toml")]
    for path in [os.path.join(ROOT, "service/notify/words/texts.toml"), *tables]:
        with open(path, "rb") as f:
            walk(tomllib.load(f), False)
    return found | set("".join(NAMES_OF_LANGUAGES.values()))


def reduce(font, unicodes, **more):
    options = subset.Options()
    options.hinting = False
    options.notdef_outline = True
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]
    for name, value in more.items():
        setattr(options, name, value)
    s = subset.Subsetter(options)
    s.populate(unicodes=unicodes)
    s.subset(font)
    return font


def noto_sans(weight):
    return TTFont(os.path.join(SOURCES, "truetype/noto/NotoSans-%s.ttf" % weight), recalcTimestamp=False)


def characters(lang, weight, want):
    """Noto Sans CJK in the forms of one language, with no more than is wanted."""
    collection = TTCollection(os.path.join(SOURCES, "opentype/noto/NotoSansCJK-%s.ttc" % weight), lazy=True)
    return reduce(collection.fonts[LANGUAGES[lang][0]], sorted(want), layout_features=[], drop_tables=["GSUB", "GPOS", "BASE", "VORG", "vhea", "vmtx"])


def add(font, cjk):
    """Puts the characters of one font beside those of another."""
    if font["head"].unitsPerEm != cjk["head"].unitsPerEm:
        raise SystemExit("the fonts are not drawn on one em")
    order, outlines, drawn = font.getGlyphOrder(), cjk.getGlyphSet(), {}
    glyf, hmtx, added = font["glyf"], font["hmtx"], {}
    for code, name in sorted(cjk.getBestCmap().items()):
        if name not in drawn:
            pen = TTGlyphPen(None)
            outlines[name].draw(Cu2QuPen(pen, MAX_ERROR, reverse_direction=True))
            drawn[name] = "c%d" % len(order)
            glyf.glyphs[drawn[name]] = glyph = pen.glyph()
            order.append(drawn[name])
            glyph.recalcBounds(glyf)
            hmtx[drawn[name]] = (cjk["hmtx"][name][0], getattr(glyph, "xMin", 0))
        added[code] = drawn[name]
    glyf.glyphOrder = order
    font.setGlyphOrder(order)
    for table in font["cmap"].tables:
        if table.isUnicode():
            table.cmap.update({c: n for c, n in added.items() if c <= 0xFFFF or table.format == 12})
    font["OS/2"].recalcUnicodeRanges(font)


def save(font, name):
    path = os.path.join(ROOT, "assets/fonts/noto", name + ".ttf")
    font.save(path)
    print("%-45s %5d glyphs %8d bytes" % (os.path.relpath(path, ROOT), len(font.getGlyphOrder()), os.path.getsize(path)))


def make(lang, weight):
    _, national, wide = LANGUAGES[lang]
    want = {ord(c) for c in national | said(lang) | set(SIGNS) if c.isprintable() and not c.isspace()} | {0x3000}
    font = reduce(noto_sans(weight), {c for c in LATIN if chr(c) not in wide}, layout_features=["kern", "mark", "mkmk", "ccmp"], drop_tables=["DSIG", "gasp"])
    cjk = characters(lang, weight, want - set(font.getBestCmap()))
    add(font, cjk)
    font["post"].formatType = 3.0
    names = font["name"]
    for record in list(names.names):
        text = record.toUnicode()
        if record.nameID in (1, 4, 6):
            text = text.replace("Noto Sans", "Noto Sans with " + lang).replace("NotoSans", "NotoSans" + lang.replace("-", ""))
        elif record.nameID == 0:
            text += " / " + cjk["name"].getDebugName(0)
        names.setName(text, record.nameID, record.platformID, record.platEncID, record.langID)
    save(font, "NotoSans-%s-%s" % (lang, weight))


for weight in ("Regular", "Bold"):
    font = noto_sans(weight)
    for lang, name in NAMES_OF_LANGUAGES.items():
        add(font, characters(lang, weight, {ord(c) for c in name}))
    save(font, "NotoSans-" + weight)
    for lang in LANGUAGES:
        make(lang, weight)
