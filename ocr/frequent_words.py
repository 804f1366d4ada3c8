"""The words each language uses most, and letters and endings that betray it: enough to tell it by a few lines.

Function words make up two words of five in any text and are the first to be read right. Spelling is folded as
`folded` does. Czech has the forms of the orthography before 1850 too (`gest`, `geho`, `aneb`), German those of
Fraktur print (`seyn`, `daß`). A language that is not here is never chosen by what is seen on a page.
"""

from __future__ import annotations

import unicodedata

_TABLE = {
    "ces": (
        "a aby aj ale ani aneb asi až bez bude by byl byla byli bylo být co což či další dle do ho i já jak jako "
        "je jeho jej její jejich jen jenž jest ještě již jich jim jsem jsme jsou k kde kdo když ke která které "
        "kteří který kterou kterých ku má mezi mi mu musí my na nad nebo než není o od po pod podle pro proti před "
        "při s se si své svého tak také ten této to toho tu ty u už v ve však všech všechny z za ze že gest geho "
        "gegj gich gsau gsem gako gak gen giž aniž neb nebyl pak kterýž kteréž jenžto w we wsse swé wssak přj ť "
        "tom tomu tedy tento těch těm bylť proto protože neboť vždy"
    ),
    "slk": (
        "a aby aj ako aké ale ani asi až bez bol bola boli bolo by byť či čo do dňa ešte ho i iba ich im ja je "
        "jeho jej k kde kto keď ktorá ktoré ktorí ktorý ktorého ktorých ku lebo len má medzi mi mu musí my na nad "
        "naše než nie nech o od po pod podľa pre pred preto pri proti s sa si sme som sú svoj svoje ta tak takto "
        "tejto ten tento tie to toho toto tu tým už v veľmi viac vo však všetkých všetky vôbec z za zo že alebo "
        "bude budú môže nebolo jednak tiež teda vám vás nám nás"
    ),
    "deu": (
        "aber alle allen alles als also am an auch auf aus bei bis da das daß dass dem den denn der des die dies "
        "diese diesem diesen dieser dieses doch durch ein eine einem einen einer eines er es für ganz gegen hat "
        "hatte haben hier ich ihm ihn ihr ihre ihrer im immer in ist ja jede jetzt kann kein keine man mehr mein "
        "mich mir mit nach nicht noch nun nur ob oder ohne schon sehr sein seine seiner seyn sich sie sind so über "
        "um und uns unter vom von vor war waren was weil welche welcher wenn wer werden wie wieder wir wird wo "
        "worden wurde wurden zu zum zur zwei"
    ),
    "lat": (
        "ab ac ad aliquid an ante apud at atque aut autem cum de dum ea eam ejus eius eo eorum enim ergo erat esse "
        "est et etiam eum ex fuit haec hanc hic hoc hominum huius hujus id igitur ille illa illud in inter ipse "
        "ita itaque jam iam modo nam ne nec neque nihil nisi nobis non nos nunc ob omnes omnia omnis per post "
        "potest pro propter quae quam quamvis quando quasi quem qui quia quibus quid quidem quo quod quoque "
        "quoniam quorum quos re sed semper si sibi sic sicut sine sint sit sive sub sui sunt suo super suum tam "
        "tamen tantum tum ubi unde ut vel vero verò vt vbi & quæ hæc seu"
    ),
    "eng": (
        "a about after all also an and any are as at be because been but by can could do for from had has have he "
        "her his how i if in into is it its just like made may more most much must my new no not now of on one "
        "only or other our out over said she should so some such than that the their them then there these they "
        "this those through to two up was we were what when which who will with would you your"
    ),
    "pol": (
        "a aby ale albo bez bo być był była było były by co czy czyli dla do go gdy gdzie i ich im ja jak jako "
        "jednak jego jej jest jeszcze już każdy kiedy które która którego których który którzy lub ma między może "
        "my na nad nas nie niego nim o od on ona oraz po pod ponieważ przed przez przy roku są się sobie swoje ta "
        "tak także tam te tego tej ten to tu tych tylko tym u w we więc wszystkie z za ze że został"
    ),
    "fra": (
        "à a ai ainsi alors après au aussi autre aux avec avait avant bien c'est ce ces cet cette ceux comme dans "
        "de depuis des deux donc dont du elle elles en encore entre est et était être fait fut il ils je jour la "
        "le les leur leurs lui mais me même moins mon ne nous on ont ou où par pas peu plus pour qu'il quand que "
        "qui quelque sa sans se ses si son sont sous sur tous tout toute très un une vous y"
    ),
    "ita": (
        "a ai al alla alle altri anche ancora che chi ci come con così cui da dal dalla de degli dei del della "
        "delle di dopo dove due e è ed era essere fu gli ha hanno i il in io la le lei lo loro lui ma mai mi molto "
        "ne nel nella nelle noi non o ogni per perché più poi qual quale quando quanto quella quello questa questo "
        "se sempre senza si sia solo sono sopra sua sue sul sulla suo tra tutti tutto un una uno"
    ),
    "hun": (
        "a az és hogy nem is ez egy azt csak meg ha már volt de még mint lehet el van fel ki be való minden más "
        "kell azonban vagy majd akkor igen sem úgy így ezt itt ott most pedig szerint után alatt között által "
        "miatt magyar két három első nagy le mert sok vele ezen ezek azok aki ami amely amelyek olyan ilyen voltak "
        "lett lesz nincs össze át én te ő mi ti ők"
    ),
}  # fmt: skip

_LETTERS = {
    "ces": "ěřů",
    "slk": "ľĺŕô",
    "deu": "ß",
    "pol": "łąęśżźćń",
    "fra": "çêœ",
    "hun": "őű",
}

_ENDINGS = {
    "ces": "ého ých ího ích ost ou ní ův ými ově",
    "slk": "ého ých osť ej ia ou ými ovať ného",
    "deu": "ung ungen lich liche lichen isch ischen keit heit schaft chen cher ten",
    "lat": "um us que tur unt ibus orum arum tis æ ae",
    "eng": "ing tion tions ed ly ness ght",
    "pol": "ego ych ość ości ymi cie cji",
    "fra": "eux tion ment ées aient ait",
    "ita": "zione zioni mente ità ndo etto",
    "hun": "ság ség ban ben nak nek ról ről",
}

LANGUAGES = tuple(_TABLE)
"""ISO 639-2/T codes of the languages that can be told."""


def folded(printed: str) -> str:
    """A word as it is looked up: lower case, long s as s."""
    return printed.lower().replace("ſ", "s")


def _misread(word: str) -> frozenset[str]:
    """`word` as models read it in old or faint print: f for every s but the last letter, without accents."""
    apart = unicodedata.normalize("NFD", word)
    return frozenset(
        {word[:-1].replace("s", "f") + word[-1:], "".join(c for c in apart if not unicodedata.combining(c))}
    )


FREQUENT = {code: frozenset(folded(words).split()) for code, words in _TABLE.items()}
"""The frequent words of each language."""

_ALL = frozenset().union(*FREQUENT.values())

MISREAD = {code: frozenset().union(*map(_misread, words)) - _ALL for code, words in FREQUENT.items()}
"""The same words as they are often misread, where that is no frequent word of any language."""

LETTERS = {code: frozenset(letters) for code, letters in _LETTERS.items()}
"""Letters that no other language of the table writes."""

ENDINGS = {code: tuple(endings.split()) for code, endings in _ENDINGS.items()}
"""Endings that many longer words of the language have, and few of others."""
