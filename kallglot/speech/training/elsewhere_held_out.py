"""The sentences that refusals are tested with: none of them is trained on.

The last of each language are made of words that the models know, in an order they do not.
"""

from __future__ import annotations

from typing import Final

__all__ = ["SENTENCES"]


def _lines(text: str) -> tuple[str, ...]:
    lines = (line.strip() for line in text.strip().splitlines())
    return tuple(line for line in lines if not line.startswith("#"))


SENTENCES: Final = {
    "de": _lines("""
        # weather
        Heute Nacht soll es an der Küste stürmisch werden.
        Der Regen hat endlich aufgehört.
        Bei dieser Hitze kann ja kein Mensch schlafen.
        In den Alpen liegt noch ziemlich viel Schnee.
        Nimm lieber einen Schirm mit, es sieht nach Gewitter aus.
        Der Nebel löst sich mittags auf.
        Es war der wärmste Winter seit fünfzig Jahren.
        Gegen Abend wird es windig und kühl.
        Auf den Straßen ist es glatt.
        Die Luft ist heute besonders feucht.
        # cooking
        Die Zwiebeln müssen ganz langsam angebraten werden.
        Zum Schluss kommt etwas Petersilie dazu.
        Der Teig sollte eine Stunde ruhen.
        Schäl bitte die Karotten.
        Das Gulasch braucht mehr Paprika.
        Man gibt einen Schluck Rotwein in die Soße.
        Die Nudeln sind leider zu weich geworden.
        Magst du lieber Reis oder Knödel?
        Ich backe am liebsten Apfelstrudel.
        Das Hähnchen muss noch zwanzig Minuten in den Backofen.
        # politics
        Die Regierung hat das neue Klimagesetz vorgestellt.
        Der Bundestag stimmt über den Haushalt ab.
        Viele Bürger sind mit der Reform unzufrieden.
        Die Opposition fordert den Rücktritt des Kanzlers.
        Bei der Wahl gab es eine hohe Beteiligung.
        Der Präsident reist zum Gipfel nach Asien.
        Die Gewerkschaft ruft zum Streik auf.
        Über die Rente wird seit Jahren gestritten.
        Der Bürgermeister eröffnet die neue Bibliothek.
        Die Verhandlungen sind gescheitert.
        # sport
        Die Stürmerin hat in der letzten Sekunde ausgeglichen.
        Unser Torwart ist seit Wochen verletzt.
        Beim Marathon waren zehntausend Läufer am Start.
        Sie hat den Weltrekord im Hochsprung gebrochen.
        Das Endspiel wird im Elfmeterschießen entschieden.
        Er trainiert für die Olympischen Spiele.
        Der Trainer wechselt zweimal aus.
        Gestern haben wir Tischtennis gespielt.
        Im Tennis verlor er den ersten Satz.
        Beim Skifahren ist sie gestürzt.
        # travel
        Unser Hotel liegt direkt am Meer.
        Der Flug nach Lissabon hat Verspätung.
        Brauche ich für Japan ein Visum?
        Wir wandern zwei Wochen durch Norwegen.
        Am Gleis sieben fährt der Nachtzug ab.
        Die Fähre legt pünktlich ab.
        Im Reiseführer steht, man solle früh aufstehen.
        Der Campingplatz war völlig überfüllt.
        Gibt es hier in der Nähe eine Jugendherberge?
        Die Altstadt ist wunderschön.
        # medicine
        Der Patient klagt über starke Kopfschmerzen.
        Nehmen Sie die Tabletten nach dem Essen.
        Mein Blutdruck ist in letzter Zeit zu hoch.
        Die Wunde muss genäht werden.
        Er wurde am Blinddarm operiert.
        Gegen Pollen bin ich allergisch.
        Die Grippewelle erreicht ihren Höhepunkt.
        Der Zahnarzt hat gebohrt.
        Tief einatmen und die Luft anhalten.
        Die Krankenschwester misst den Puls.
        # at home, among friends
        Weißt du noch, wie wir damals getanzt haben?
        Ich muss unbedingt mal wieder aufräumen.
        Komm rein und zieh die Stiefel aus.
        Lisa hat sich in ihren Mitbewohner verliebt.
        Pass auf, die Kerze tropft.
        Die Zwillinge streiten sich um das Spielzeug.
        Ich hab dich ganz doll lieb.
        Opa schnarcht wieder auf der Couch.
        Morgen heiratet meine beste Freundin.
        Wer hat die Schokolade aufgegessen?
        # science, history, nature
        Atome bestehen aus Protonen und Neutronen.
        Die Mauer fiel im November.
        Wale sind keine Fische, sondern Säugetiere.
        Das Licht braucht acht Minuten zur Erde.
        Im Mittelalter wurden viele Klöster gegründet.
        Die Dinosaurier sind ausgestorben.
        Quadratzahlen sind niemals negativ.
        Der Specht klopft an die Eiche.
        Kolumbus segelte über den Atlantik.
        Pflanzen wandeln Kohlendioxid in Sauerstoff um.
        # business, but no support call
        Der Aktienkurs ist gefallen.
        Wir stellen in diesem Quartal drei Ingenieure ein.
        Die Fabrik produziert Schrauben für Flugzeuge.
        Meine Gehaltserhöhung wurde abgelehnt.
        Die Miete steigt schon wieder.
        Ich habe meine Steuererklärung vergessen.
        Der Immobilienmarkt erholt sich.
        Er hat sich selbstständig gemacht.
        Das Meeting fängt gleich an.
        Kaffee oder lieber Espresso?
        # known words in an unknown order
        Der Montag hat meinen Drucker gekündigt.
        Mein Konto wohnt seit drei Euro beim Router.
        Wann hat die Adresse den Techniker bestellt?
        Ich bin eine Rechnung und spreche Köln.
        Zwei Stühle rufen den Vertrag zurück.
        Die Lampe bezahlt morgen vier Koffer nach Wien.
        Ist Frau Weber eine rote Garantie?
        Nummer Tisch kaputt Freitag bitte leider.
        Ich habe gestern mit meinem Nachbarn über das Fahrrad gelacht.
        Bitte sagen Sie dem Kundendienst, dass der Hund weg ist.
        Warum sprechen Sie nicht früher über das Geld meiner Schwester?
    """),
    "en": _lines("""
        # weather
        It is supposed to be stormy along the coast tonight.
        The rain has finally stopped.
        Nobody can sleep in this heat.
        There is still plenty of snow up in the mountains.
        Better take an umbrella, it looks like thunder.
        The fog will clear around noon.
        That was the warmest winter in fifty years.
        Towards evening it gets windy and cool.
        The roads are icy.
        The air feels particularly humid.
        # cooking
        The onions have to be fried very gently.
        Finally, sprinkle some parsley on top.
        The dough should rest for an hour.
        Peel the carrots, would you?
        This stew needs more paprika.
        Pour a splash of red wine into the sauce.
        The noodles have gone rather mushy.
        Do you prefer rice or dumplings?
        I love baking apple strudel.
        The chicken needs another twenty minutes in the oven.
        # politics
        The government has presented its climate bill.
        The senate is voting on the budget.
        Many citizens are unhappy with the reform.
        The opposition demands that the chancellor resign.
        Turnout at the election was high.
        The president is travelling to the summit in Asia.
        The union has called for a strike.
        They have argued about pensions for decades.
        The mayor opened a new library.
        The negotiations have collapsed.
        # sport
        The striker equalised in the last second.
        Our goalkeeper has been injured for ages.
        Ten thousand runners started the marathon.
        She broke the world record in the high jump.
        The final was decided on penalties.
        He is training for the Olympic games.
        The coach made two substitutions.
        We played table tennis at the club.
        He lost the opening set.
        She fell while skiing.
        # travel
        Our hotel is right by the sea.
        The flight to Lisbon is delayed.
        Does anyone need a visa for Japan?
        We are hiking through Norway for a fortnight.
        The night train leaves from platform seven.
        The ferry departs on time.
        The guidebook says one should rise early.
        The campsite was completely packed.
        Is there a youth hostel nearby?
        The old town is gorgeous.
        # medicine
        The patient complains of severe headaches.
        Take these tablets after meals.
        My blood pressure has been too high lately.
        The wound needs stitches.
        They removed his appendix.
        I am allergic to pollen.
        The flu season has reached its peak.
        The dentist had to drill.
        Breathe in deeply and hold your breath.
        The nurse takes his pulse.
        # at home, among friends
        Remember how we used to dance?
        I really ought to tidy up again.
        Come in and take off your boots.
        Lisa fell in love with her flatmate.
        Careful, that candle is dripping.
        The twins are fighting over a toy.
        I love you to bits.
        Grandpa is snoring on the couch again.
        My best friend is getting married.
        Who ate all the chocolate?
        # science, history, nature
        Atoms consist of protons and neutrons.
        The wall came down in November.
        Whales are mammals rather than fish.
        Light takes eight minutes to reach earth.
        Many monasteries were founded in the middle ages.
        Dinosaurs became extinct.
        Square numbers are never negative.
        A woodpecker is tapping at the oak.
        Columbus sailed across the Atlantic.
        Plants turn carbon dioxide into oxygen.
        # business, but no support call
        The share price has dropped.
        We are hiring three engineers this quarter.
        The factory produces screws for aircraft.
        My raise was rejected.
        Rents are going up again.
        I forgot about my tax return.
        The housing market is recovering.
        He started his own business.
        The meeting is about to begin.
        Coffee, or rather an espresso?
        # known words in an unknown order
        Monday has cancelled my printer.
        My account has been living in three euros.
        When did the address order the technician?
        I am an invoice and I speak Cologne.
        Two chairs are calling the contract back.
        The lamp pays four suitcases to Vienna tomorrow.
        Is Mrs Weber a red warranty?
        Number table broken Friday please unfortunately.
        Yesterday I laughed with my neighbour about the bicycle.
        Please tell customer service that the dog is gone.
        Why do you not speak earlier about the money of my sister?
    """),
}
