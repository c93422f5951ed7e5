"""Speech from elsewhere: sentences on other topics, which the models must learn to refuse.

Most are put together from words and frames, the others are whole sentences.  The sentences that
refusals are tested with are in `elsewhere_held_out`; none of them is here.
"""

from __future__ import annotations

from random import Random
from typing import Final

__all__ = ["FRAMES", "SENTENCES", "THINGS", "sentence"]


def _list(text: str) -> tuple[str, ...]:
    return tuple(text.split("|"))


def _lines(text: str) -> tuple[str, ...]:
    lines = (line.strip() for line in text.strip().splitlines())
    return tuple(line for line in lines if not line.startswith("#"))


#: What things are put into frames; the German ones in the accusative, where it matters.
THINGS: Final = {
    "de": _list(
        "den Garten|die Katze|das Pferd|den Elefanten|die Kirche|das Schloss|den Turm|die Brücke|"
        "den Fluss|die Insel|das Schiff|den Hafen|die Suppe|das Brot|den Käse|die Wurst|das Ei|"
        "den Apfel|die Birne|die Zitrone|den Salat|die Kartoffel|das Messer|die Gabel|den Löffel|"
        "den Teller|die Tasse|das Glas|die Flasche|den Wein|das Bier|den Saft|die Milch|den Tee|"
        "den König|die Prinzessin|den Ritter|das Schwert|die Burg|den Drachen|die Hexe|das Märchen|"
        "den Lehrer|die Schule|das Heft|den Bleistift|die Tafel|die Prüfung|den Aufsatz|"
        "das Gedicht|"
        "den Roman|die Zeitung|das Foto|den Film|das Theater|die Bühne|den Vorhang|die Geige|"
        "das Klavier|die Trompete|die Trommel|das Lied|den Chor|das Orchester|den Tanz|die Maske|"
        "den Hund|den Vogel|die Maus|das Kaninchen|den Fuchs|den Bären|die Schlange|den Fisch|"
        "die Biene|den Schmetterling|die Spinne|den Baum|die Blume|das Gras|den Pilz|den Stein|"
        "den Berg|das Tal|die Wüste|den Mond|die Sonne|den Stern|die Wolke|den Himmel|das Gewitter|"
        "die Rakete|das Flugzeug|den Hubschrauber|den Traktor|die Straßenbahn|die Kutsche|"
        "den Bahnhof|die Ampel|die Kreuzung|den Tunnel|den Spielplatz|die Schaukel|die Puppe|"
        "den Ball|das Tor|den Schiedsrichter|die Mannschaft|den Pokal|die Medaille|das Rennen|"
        "den Knochen|das Knie|die Schulter|den Zahn|das Ohr|die Nase|den Finger|das Herz|die Lunge|"
        "den Verband|die Salbe|das Fieber|den Husten|die Narbe|den Kaiser|den Richter|das Gesetz|"
        "die Steuer|das Parlament|den Minister|die Partei|die Grenze|das Museum|die Ruine|"
        "den Schatz|die Landkarte|den Kompass|das Lagerfeuer|den Schlafsack|die Hütte|das Dach|"
        "den Keller|die Treppe|das Fenster|den Kamin|den Hammer|den Nagel|die Säge|das Brett|"
        "den Pinsel|die Farbe|den Faden|die Nadel|den Knopf|das Hemd|die Hose|den Hut|den Schal|"
        "die Handschuhe|den Gürtel|den Ring|die Kette|die Münze|den Kuchen|die Torte|den Zucker|"
        "das Mehl|die Butter|den Honig|den Pfeffer|das Salz|den Ofen|die Pfanne|den Topf"
    ),
    "en": _list(
        "the garden|the cat|the horse|the elephant|the church|the castle|the tower|the bridge|"
        "the river|the island|the ship|the harbour|the soup|the bread|the cheese|the sausage|"
        "an egg|an apple|the pear|the lemon|the salad|the potato|the knife|the fork|the spoon|"
        "the plate|the cup|the glass|the bottle|the wine|the beer|the juice|the milk|the tea|"
        "the king|the princess|the knight|the sword|the fortress|the dragon|the witch|the tale|"
        "the teacher|the school|the notebook|the pencil|the blackboard|the exam|the essay|the poem|"
        "the novel|the newspaper|the photograph|the film|the theatre|the stage|the curtain|"
        "the violin|the piano|the trumpet|the drum|the song|the choir|the orchestra|the dance|"
        "the dog|the bird|the mouse|the rabbit|the fox|the bear|the snake|the fish|the bee|"
        "the butterfly|the spider|the tree|the flower|the grass|the mushroom|the stone|"
        "the mountain|the valley|the desert|the moon|the sun|the star|the cloud|the sky|the storm|"
        "the rocket|the plane|the helicopter|the tractor|the tram|the carriage|the station|"
        "the crossing|the tunnel|the playground|the swing|the doll|the ball|the goal|the referee|"
        "the team mates|the trophy|the medal|the race|the bone|the knee|the shoulder|the tooth|"
        "the ear|the nose|the finger|the heart|the lungs|the bandage|the ointment|the fever|"
        "the cough|the scar|the emperor|the judge|the law|the tax|the parliament|the minister|"
        "the party|the border|the museum|the ruins|the treasure|the map|the compass|the campfire|"
        "the sleeping bag|the hut|the roof|the cellar|the stairs|the window|the fireplace|"
        "the hammer|the nail|the saw|the plank|the brush|the paint|the thread|the needle|the shirt|"
        "the trousers|the hat|the scarf|the gloves|the belt|the ring|the necklace|the coin|"
        "the cake|the sugar|the flour|the butter|the honey|the pepper|the salt|the oven|"
        "the frying pan|the pot"
    ),
}

#: Frames; many begin just as the sentences of a support call do.
FRAMES: Final = {
    "de": _lines("""
        Ich möchte {} malen.
        Ich möchte {} und {} kaufen.
        Haben Sie {} gesehen?
        Können Sie mir {} leihen?
        Gestern haben wir {} besucht.
        Wo haben Sie {} gefunden?
        Der alte Mann zeichnet {}.
        Meine Oma liebt {}.
        Niemand kennt {} so gut wie er.
        Warum hast du {} mitgebracht?
        Vor vielen Jahren verkaufte er {}.
        Bitte legen Sie {} neben {}.
        Die Kinder suchen {} im Wald.
        Wir brauchen {} für das Fest.
        Hinter dem Haus sieht man {}.
        Ich habe {} schon immer gemocht.
        Sie trägt {} nach Hause.
        Was halten Sie von der Idee, {} zu verschenken?
        Er hat {} in den See geworfen.
        Ohne {} fahren wir nicht los.
        Kann man {} essen?
        Ich glaube, er versteckt {}.
        Wann hast du {} verloren?
        Zuerst wäscht man {}, dann schneidet man {}.
        Es war einmal ein Mann, der hatte {} gestohlen.
        Guten Tag, ich hätte gern {}.
        Mein Bruder fotografiert {} jeden Sommer.
        Das Buch handelt von einem Jungen, der {} sucht.
        Der Arzt untersucht {}.
        Vergiss {} nicht!
        Nein, {} mag ich überhaupt nicht.
        Ja, gib mir {}.
        Die Nachbarn haben {} und {} geerbt.
    """),
    "en": _lines("""
        I would like to paint {}.
        I would like to buy {} and {}.
        Have you seen {}?
        Can you lend me {}?
        Yesterday we visited {}.
        Where did you find {}?
        The old man is drawing {}.
        My grandmother loves {}.
        Nobody knows {} as well as he does.
        Why did you bring {} along?
        Many years ago he sold {}.
        Please put {} next to {}.
        The children are looking for {} in the forest.
        We need {} for the celebration.
        Behind the house you can see {}.
        I have always liked {}.
        She is carrying {} home.
        What do you think of the idea of giving away {}?
        He threw {} into the lake.
        We are not leaving without {}.
        Is it possible to eat {}?
        I think he is hiding {}.
        When did you lose {}?
        First you wash {}, then you slice {}.
        Once upon a time there was a man who had stolen {}.
        Hello, could I have {}?
        My brother takes pictures of {} every summer.
        The story is about a boy looking for {}.
        The doctor is examining {}.
        Do not forget {}!
        No, I do not like {} at all.
        Yes, give me {}.
        The neighbours have inherited {} and {}.
    """),
}

SENTENCES: Final = {
    "de": _lines("""
        Der Hund schläft unter dem Küchentisch.
        Im Herbst fallen die Blätter von den Bäumen.
        Wir sind mit dem Boot über den See gefahren.
        Die Lehrerin erklärt den Satz noch einmal.
        Kannst du mir beim Umzug die Kisten tragen?
        Mein Großvater war Bäcker in einem Dorf.
        Im Garten wachsen Tomaten und Gurken.
        Der Film gestern im Kino war langweilig.
        Sie spielt seit ihrer Kindheit Geige.
        Die Prinzessin wartete auf ihren Bruder.
        Auf dem Dach sitzt eine schwarze Krähe.
        Das Orchester probt heute im großen Saal.
        Er hat sich beim Klettern die Hand verletzt.
        In der Schule lernen wir über die Römer.
        Mein Lieblingsbuch habe ich dreimal gelesen.
        Der Zauberer zog ein Kaninchen aus dem Hut.
        Lass uns morgen ins Schwimmbad gehen.
        Ihre Haare sind viel länger geworden.
        Der Bauer bringt die Kühe in den Stall.
        Am Strand haben wir Muscheln gesammelt.
        Die Erde dreht sich um die Sonne.
        Er malt am liebsten mit Wasserfarben.
        Unser Chor singt im Dom ein Konzert.
        Die Wissenschaftler haben einen neuen Stern entdeckt.
        Im Keller steht ein altes Klavier.
        Was liest du gerade für einen Roman?
        Das Baby hat die ganze Nacht geweint.
        Der Bäcker öffnet schon vor Sonnenaufgang.
        Ich träume oft vom Fliegen.
        Sein Onkel arbeitet auf einem Schiff.
        Zum Geburtstag hat sie ein Pony bekommen.
        Der Vulkan ist vor tausend Jahren ausgebrochen.
        Wir haben die Wände gelb gestrichen.
        Die Ameisen tragen ein Blatt.
        Warum ist der Himmel eigentlich blau?
        Mein Cousin studiert Geschichte.
        Die Uhr an der Kirche schlägt zwölfmal.
        Er erzählt immer dieselben Witze.
        Das Kleid hat sie selbst genäht.
        Bring bitte Eier und Mehl vom Markt mit.
        Ich glaube nicht an Gespenster.
        Der Dieb ist durch das Fenster geklettert.
        In Afrika gibt es viele Löwen.
        Kannst du schon Fahrrad fahren?
        Die Brücke wurde im Krieg zerstört.
        Der Tänzer hat sein Gleichgewicht verloren.
        Hast du deine Zähne geputzt?
        Sie hat mir ein Geheimnis verraten.
        Die Kinder bauen eine Burg aus Sand.
        Es ist nicht alles Gold, was glänzt.
        Wer anderen eine Grube gräbt, fällt selbst hinein.
        Meine Tante züchtet Rosen.
        Der Clown hat alle zum Lachen gebracht.
        Die Katze jagt die Maus durch den Hof.
        Morgens trinke ich am liebsten Kakao.
        Das Wasser im Fluss steigt immer höher.
        Er ist auf einem Bein durch das Zimmer gehüpft.
        Nachts hört man die Eule rufen.
        Die Malerin verkauft ihre Bilder auf dem Markt.
        Wir suchen Pilze im Wald.
    """),
    "en": _lines("""
        The dog is sleeping under the kitchen table.
        In autumn the leaves fall from the trees.
        We crossed the lake in a small boat.
        The teacher is explaining the sentence again.
        Could you carry those boxes upstairs?
        My grandfather was a baker in a village.
        Tomatoes and cucumbers grow in our garden.
        The film at the cinema was boring.
        She has played the violin since childhood.
        The princess was waiting for her brother.
        A black crow is sitting on the roof.
        The orchestra is rehearsing in the big hall.
        He hurt his hand while climbing.
        At school we are learning about the Romans.
        I have read my favourite book three times.
        The magician pulled a rabbit out of his hat.
        Let us go swimming this afternoon.
        Her hair has grown so much.
        The farmer takes the cows to the barn.
        We collected shells on the beach.
        The earth goes around the sun.
        He likes to paint with watercolours.
        Our choir sings in the cathedral.
        Scientists have discovered another planet.
        There is an old piano in the basement.
        What novel are you reading these days?
        The baby cried all night long.
        The bakery opens before sunrise.
        I often dream about flying.
        His uncle works aboard a ship.
        She was given a pony as a present.
        The volcano erupted a thousand years ago.
        We painted the walls ourselves.
        The ants are carrying a leaf.
        Why is the sky blue, I wonder?
        My cousin studies history.
        The church bells are ringing.
        He always tells the same jokes.
        She sewed that dress herself.
        Bring some eggs and flour from the market.
        I do not believe in ghosts.
        The thief climbed through the window.
        There are many lions in Africa.
        Can you ride a horse?
        The bridge was destroyed during the war.
        The dancer lost her balance.
        Have you brushed your teeth?
        She told me a secret.
        The children are building a sandcastle.
        All that glitters is not gold.
        A rolling stone gathers no moss.
        My aunt grows roses.
        The clown made everybody laugh.
        The cat is chasing a mouse across the yard.
        In the mornings I drink cocoa.
        The river keeps rising.
        He hopped across the room on one leg.
        At night you can hear the owl.
        The artist sells her pictures at the market.
        We go looking for mushrooms in the woods.
        And so, my friends, we begin the journey.
        Four score years ago our fathers came here.
    """),
}


_SUBJECTS: Final = {
    "de": _list(
        "Der Gärtner|Die Königin|Unsere Lehrerin|Ein alter Fischer|Mein Cousin|Die Polizei|"
        "Der Präsident|Seine Großmutter|Das kleine Mädchen|Ein Pilot|Die Mannschaft|Der Koch|"
        "Eure Katze|Der Nachrichtensprecher|Die Ärztin|Ein Zauberer|Dein Onkel|Der Förster|"
        "Die Regierung|Ein Wissenschaftler|Der Papagei|Die Sängerin|Unser Pfarrer|Ein Räuber|"
        "Der Astronaut|Jeder Schüler|Die Bäuerin|Ein Delfin|Der Schornsteinfeger|Mein Zahnarzt"
    ),
    "en": _list(
        "The gardener|The queen|Our teacher|An old fisherman|My cousin|The police|The president|"
        "His grandmother|The little girl|A pilot|The whole team|The cook|Their cat|The newsreader|"
        "The nurse|A wizard|Your uncle|The forester|The government|A scientist|The parrot|"
        "The singer|Our priest|A robber|The astronaut|Every pupil|The farmer|A dolphin|"
        "The chimney sweep|My dentist"
    ),
}
_VERBS: Final = {
    "de": _list(
        "beobachtet|verliert|zerbricht|bewundert|versteckt|fotografiert|vermisst|zeichnet|"
        "verfolgt|besucht|füttert|wäscht|erbt|beschreibt|verachtet|rettet|entdeckt|verbrennt|"
        "umarmt|kocht|malt|stiehlt|vergräbt|verspeist|schmückt|zerstört|jagt|tauft|erobert|küsst"
    ),
    "en": _list(
        "is watching|loses|breaks|admires|hides|photographs|misses|draws|follows|visits|feeds|"
        "washes|inherits|describes|despises|rescues|discovers|burns|hugs|cooks|paints|steals|"
        "buries|devours|decorates|destroys|hunts|baptises|conquers|kisses"
    ),
}
_WHERE: Final = {
    "de": _list(
        "hinter der Scheune|am Ufer des Flusses|mitten in der Nacht|bei Sonnenaufgang|im Urlaub|"
        "auf dem Marktplatz|unter Wasser|in der Steinzeit|ohne Grund|mit großer Freude|im Sturm|"
        "aus Versehen|vor dem Frühstück|im Fernsehstudio|auf dem Mond|in den Ferien|jeden Winter|"
        "während der Predigt|mit einem Löffel|zum Abschied|im Zoo|trotz des Regens|"
        "an einem Sommertag|in aller Stille|seit dem Krieg"
    ),
    "en": _list(
        "behind the barn|on the river bank|in the middle of the night|at sunrise|on holiday|"
        "on the market square|under water|in the stone age|for no reason|with great joy|"
        "in the storm|by accident|before breakfast|in the studio|on the moon|during the holidays|"
        "every winter|during the sermon|with a spoon|as a farewell|at the zoo|despite the rain|"
        "on a summer day|in silence|since the war"
    ),
}


def _clause(language: str, random: Random) -> str:
    """Somebody does something to something somewhere, in one order of words or another."""
    lists = (_SUBJECTS, _VERBS, THINGS, _WHERE)
    who, does, what, where = (random.choice(words[language]) for words in lists)
    if random.random() < 0.3:
        place = where[0].upper() + where[1:]
        who = who[0].lower() + who[1:]
        order = (place, does, who, what) if language == "de" else (f"{place},", who, does, what)
        return " ".join(order) + "."
    return f"{who} {does} {what} {where}." if language == "en" else f"{who} {does} {where} {what}."


def sentence(language: str, random: Random) -> str:
    """A sentence the models must refuse."""
    chance = random.random()
    if chance < 0.25:
        return random.choice(SENTENCES[language])
    if chance < 0.65:
        return _clause(language, random)
    frame = random.choice(FRAMES[language])
    return frame.format(*(random.choice(THINGS[language]) for _ in range(frame.count("{}"))))
