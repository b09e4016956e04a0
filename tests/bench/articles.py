"""Articles of our own to read for speed: no two alike, so that whoever remembers sentences gains nothing by it.

Rule: as in the news, four sentences of ten hold a figure, a date or a state (39 % of 184 that were looked at); names
and figures are drawn anew for each, so that some words of every article were never met before.
"""

import re
from collections.abc import Callable
from random import Random

from monitor.events.subjects import Subject

LANGUAGES = ("en", "az", "ru")
ARTICLE_LENGTH = 5_000  # characters
ENTRY_WORDS = (40, 100)  # of an entry of a feed, from and to

SUBJECTS = (
    Subject(id="cable", kind="line", aliases=("Lake Cable", "Göl kabeli", "Озерный кабель")),
    Subject(id="forum", kind="conference", aliases=("Coast Forum", "Sahil Forumu", "Береговой форум")),
    Subject(id="coalition", kind="coalition", aliases=("Open Water", "Açıq Su", "Открытая вода")),
    Subject(id="union", kind="body", aliases=("Harbour Union", "Liman İttifaqı", "Союз портов")),
    Subject(id="country", kind="country", aliases=("Ruritania", "Ruritaniya", "Руритания")),
    Subject(id="centre", kind="centre", aliases=("Acceleration Centre", "Akselerasiya Mərkəzi", "Центр ускорения")),
    Subject(id="other-cable", kind="line", aliases=("Strait Cable", "Boğaz kabeli", "Кабель пролива")),
)

_TELLING = {
    "en": (
        "The Lake Cable will be {number} km long and carry much of what the two shores have to say to each other.",
        "Laying is to begin next {season} and to be completed by the end of {year}, if the {noun} allows.",
        "Some {number} participants from {small} countries have registered for the Coast Forum, its organisers said.",
        "{name} told reporters on {weekday} that the contract had been signed, but would not say what stands in it.",
        "Ruritania put its broadband coverage at {percent} percent in {year}, which the {noun}s of {name} doubt.",
        "The opening of the {adjective} hall in {name} was postponed to {month}, and nobody there seems to mind it.",
        "Open Water has drawn more than {number} pledges worth ${small} million, according to {name}, its head.",
        "Construction of the Acceleration Centre began in {month} and has kept the {noun}s of {name} awake ever since.",
        "About {percent} % of households in {name} use the network, the Harbour Union wrote in its {adjective} report.",
        "All of the stations along the coast are to be ready by {year}, and most of them have a {noun} already.",
        "At least {small} people came to {name} that night, when the old ferry made a crossing for the {noun}.",
        "The tender for the Strait Cable drew {small} bids, and neither the {noun} nor {name} would say from whom.",
    ),
    "az": (
        "Göl kabelinin uzunluğu {number} km olacaq və hər iki sahildə yaşayanların sözünü o biri sahilə çatdıracaq.",
        "Kabelin çəkilişi {season} başlayacaq və {year}-ci ilin sonunadək başa çatacaq, hava {noun} üçün imkan versə.",
        "Sahil Forumunda {small} ölkədən {number} nəfər iştirak edəcək, təşkilatçılar açıqlayıb.",
        "{name} jurnalistlərə bildirib ki, müqavilə {day} {month} imzalanıb, lakin orada nə yazıldığını deməyib.",
        "Ruritaniyada genişzolaqlı internetlə əhatə {percent} faizə çatıb, {name} sakinləri isə buna inanmır.",
        "{name} şəhərində {adjective} zalın açılışı {month} ayına təxirə salınıb və heç kim buna təəccüblənmir.",
        "Açıq Su {number}-dən çox öhdəlik toplayıb, onun {adjective} rəhbəri {name} {noun} yanında belə deyib.",
        "Akselerasiya Mərkəzinin tikintisinə {year}-ci ildə başlanılıb, {name} sakinləri o vaxtdan yata bilmir.",
        "{name} ailələrinin təxminən {percent} faizi şəbəkədən istifadə edir, Liman İttifaqı hesabatında belə yazıb.",
        "Sahildəki stansiyaların hamısı {year}-cu ilədək hazır olacaq, çoxunun yanında artıq {noun} var.",
        "Boğaz kabeli üzrə tenderə {small} təklif gəlib, nə {noun}, nə də {name} kimdən olduğunu demir.",
        "Köhnə bərə {noun} naminə yola düşəndə {name} limanına azı {small} nəfər gəlmişdi.",
    ),
    "ru": (
        "Длина Озерного кабеля составит {number} км, и он понесет немалую часть того, что берега говорят друг другу.",
        "Прокладка начнется {season} и завершится до конца {year} года, если погода над бухтой это позволит.",
        "На Береговой форум зарегистрировались около {number} участников из {small} стран, сообщили организаторы.",
        "{name} заявил в {weekday}, что контракт подписан, но не стал говорить, что в нем написано.",
        "Охват Руритании широкополосной связью достиг {percent} процентов, чему жители {name} не верят.",
        "Открытие зала, где теперь {adjective} {noun}, перенесено на {month} {year} года, и никто об этом не жалеет.",
        "Открытая вода собрала более {number} обязательств, подчеркнул ее глава {name}, {adjective} человек.",
        "Строительство Центра ускорения началось {day} {month}, и с тех пор жители {name} не спят.",
        "Сетью пользуются примерно {percent} % семей в районе {name}, написал Союз портов в своем отчете.",
        "К {year} году должны быть готовы станции вдоль берега, и почти при каждой уже есть {noun}.",
        "На тендер по Кабелю пролива поступило {small} заявок, и ни {noun}, ни {name} не говорят от кого.",
        "Не менее {small} человек пришли тогда в {name}, где старый паром совершил рейс, о котором будут помнить.",
    ),
}
_PLAIN = {
    "en": (
        "Nobody at the {noun} of {name} doubted it.",
        "The council heard what the {noun}s of {name} think of the ships, of the noise and of the {noun} over the bay.",
        "A {adjective} {noun} stands where the old market was, and its doors look to the water and the street behind.",
        "Its owner spoke of the {noun}, of his father and of the {adjective} ferries that no longer call at {name}.",
        "Nothing of this was new to the people of {name}, who listened politely and went home through the {noun}.",
        "The mayor, {name}, spoke of her town and of those who left it for the capital, and of those who came back.",
        "Her deputy would not say whether the {noun} is there, only that the work is worth it and that people wait.",
        "Those who came with {name} found the hotels full and the trains slow, and the {noun} as {adjective} as ever.",
        "“We have always lived with the {noun},” said {name}, a {adjective} {noun} from the northern pier.",
        "Critics such as {name} call the {noun} {adjective} and fear for the {noun} of smaller towns.",
        "The {noun} between {name} and {name} remains {adjective}, and so does the mood on both shores.",
        "Whether the {noun} helps is another question, which the {adjective} report of {name} leaves to others.",
    ),
    "az": (
        "{name} sakinlərindən heç kim buna şübhə etmirdi.",
        "Şura balıqçıların gəmilər, səs-küy və {noun} barədə nə düşündüyünü dinlədi.",
        "Köhnə bazarın yerində {adjective} {noun} dayanır, qapıları suya və uzun küçəyə baxır.",
        "Sahibi {noun}, atası və artıq {name} limanına gəlməyən {adjective} bərələr haqqında danışdı.",
        "{name} camaatı üçün burada yeni heç nə yox idi, onlar nəzakətlə dinləyib evlərinə getdilər.",
        "Bələdiyyə sədri {name} şəhərindən və paytaxta köçənlərdən, sonra isə qayıdanlardan söz açdı.",
        "Onun müavini pulun olub-olmadığını demək istəmədi, amma {noun} buna dəyər, dedi.",
        "{name} ilə gələnlər otelləri dolu, qatarları yavaş, {noun} isə həmişəkindən {adjective} gördülər.",
        "“Biz həmişə {noun} ilə yaşamışıq”, – {name} adlı {adjective} qoca gülümsəyir.",
        "{name} kimi tənqidçilər {noun} haqqında {adjective} fikirdədir və kiçik şəhərlər üçün narahatdır.",
        "{name} ilə {name} arasındakı {noun} {adjective} qalır, hər iki sahildə əhval da elədir.",
        "Bunun {noun} üçün faydası ayrı məsələdir, {name} onu başqalarına saxlayır.",
    ),
    "ru": (
        "Никто из жителей {name} в этом не сомневался.",
        "Совет выслушал, что рыбаки {name} думают о кораблях, о шуме и о том, какой {noun} стоит над бухтой.",
        "Там, где раньше шумел рынок, теперь {adjective} {noun}, и двери смотрят на воду и на длинную улицу.",
        "Хозяин говорил про {noun}, про отца и про паромы, которые больше не заходят в {name}.",
        "Ничего нового для людей из {name} в этом нет: они вежливо слушали и шли домой под дождем.",
        "Мэр {name} говорила о своем городе и о тех, кто уехал в столицу, а потом о тех, кто вернулся.",
        "Ее заместитель не стал говорить, есть ли деньги, только что {noun} того стоит и что люди ждут.",
        "Те, кто приехал с {name}, нашли гостиницы полными, поезда медленными, а {noun} как никогда {adjective}.",
        "«Мы всю жизнь прожили рядом, и {noun} нам не чужой», говорит {name}, {adjective} старик с северного пирса.",
        "Критики вроде {name} считают, что {noun} слишком {adjective}, и боятся за малые города.",
        "Между {name} и {name} по-прежнему {adjective} {noun}, и настроение на обоих берегах такое же.",
        "Полезен ли {noun}, вопрос другой, и {adjective} отзыв {name} оставляет его другим.",
    ),
}
_WORDS = {
    "en": {
        "weekday": "Monday Tuesday Wednesday Thursday Friday",
        "month": "January February March April May June July August September October November December",
        "season": "spring summer autumn winter",
        "noun": "harbour market street hall window garden ferry council school river lantern kitchen library tower",
        "adjective": "quiet narrow wooden crowded distant bright stubborn familiar heavy shallow careful foreign",
    },
    "az": {
        "weekday": "Bazar Cümə Şənbə Çərşənbə",
        "month": "yanvar fevral mart aprel may iyun iyul avqust sentyabr oktyabr noyabr dekabr",
        "season": "yazında yayında payızında qışında",
        "noun": "liman bazar küçə pəncərə bağça bərə kitabxana qüllə çay fənər mətbəx divar",
        "adjective": "sakit dar taxta uzaq parlaq inadkar tanış ağır dayaz ehtiyatlı",
    },
    "ru": {
        "weekday": "понедельник вторник среду четверг пятницу",
        "month": "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
        "season": "весной летом осенью зимой",
        "noun": "причал рынок переулок сад паром фонарь музей дом ветер двор забор маяк",
        "adjective": "тихий узкий старый далекий яркий упрямый знакомый тяжелый осторожный чужой",
    },
}
_SYLLABLES = {
    "en": "ba cor den el fan gri hol is jor kel lom mar nes or pel quin ros sten tur vel wick yor",
    "az": "ba çə dil əl far gü hav il qo ka lə mu nər or pə rə sev şi tu vü xan yaz zər",
    "ru": "ба вол гра дим ел жу зо ил ка лен ми нов ор пет ро све тим ул фа хан цев шу яр",
}
_SLOT = re.compile(r"\{(\w+)\}")


def article(rng: Random, lang: str, length: int = ARTICLE_LENGTH) -> str:
    """A text of `length` characters; its last sentence is cut."""
    told: list[str] = []
    size = 0
    while size < length:
        told += (one := _ten(rng, lang))
        size += sum(map(len, one)) + len(one)
    return " ".join(told)[:length]


def entry(rng: Random, lang: str) -> tuple[str, str]:
    """A headline and a summary of 40 to 100 words, as most feeds carry them."""
    words = rng.randint(*ENTRY_WORDS)
    text = " ".join((*_ten(rng, lang), *_ten(rng, lang))).split()
    return _filled(rng.choice(_TELLING[lang]), rng, lang).rstrip("."), " ".join(text[:words])


def _ten(rng: Random, lang: str) -> list[str]:
    told = [*rng.sample(_TELLING[lang], 4), *rng.sample(_PLAIN[lang], 6)]
    rng.shuffle(told)
    return [_filled(one, rng, lang) for one in told]


def _filled(sentence: str, rng: Random, lang: str) -> str:
    def drawn(slot: re.Match[str]) -> str:
        fill = _NUMBERS.get(slot[1])
        if fill is not None:
            return fill(rng)
        return _name(rng, lang) if slot[1] == "name" else rng.choice(_WORDS[lang][slot[1]].split())

    return _SLOT.sub(drawn, sentence)


def _name(rng: Random, lang: str) -> str:
    return "".join(rng.choices(_SYLLABLES[lang].split(), k=rng.randint(2, 4))).capitalize()


_NUMBERS: dict[str, Callable[[Random], str]] = {
    "number": lambda rng: f"{rng.randint(100, 9_999):,}",
    "small": lambda rng: str(rng.randint(3, 99)),
    "percent": lambda rng: str(rng.randint(20, 99)),
    "year": lambda rng: str(rng.randint(2019, 2031)),
    "day": lambda rng: str(rng.randint(1, 28)),
}
