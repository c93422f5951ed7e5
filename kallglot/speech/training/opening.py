"""How a call begins: greetings, who is who, which language, what it is about."""

from __future__ import annotations

from typing import Final

from kallglot.speech.training.phrases import Pattern, agent, customer, either

__all__ = ["OPENERS", "PATTERNS"]

#: Short sentences that stand alone or before any other sentence.
OPENERS: Final[tuple[Pattern, ...]] = (
    either("Ja.", "Yes."),
    either("Nein.", "No."),
    either("Gut.", "Good."),
    either("In Ordnung.", "All right."),
    either("Genau.", "Exactly."),
    either("Natürlich.", "Of course."),
    either("Sehr gern.", "With pleasure."),
    either("Alles klar.", "Got it."),
    either("Kein Problem.", "No problem."),
    either("Ich verstehe.", "I understand."),
    either("Das stimmt.", "That is right."),
    either("Danke.", "Thanks."),
    either("Vielen Dank.", "Thank you very much."),
    either("Entschuldigung.", "Excuse me."),
    either("Das tut mir leid.", "I am sorry about that."),
    either("Einen Moment, bitte.", "One moment, please."),
    either("Leider nicht.", "Unfortunately not."),
    either("Ich weiß es nicht.", "I do not know."),
    either("Wunderbar.", "Wonderful."),
    either("Vielleicht.", "Perhaps."),
    either("{greeting}.", "{greeting}."),
)

PATTERNS: Final[tuple[Pattern, ...]] = (
    agent("{greeting}, wie kann ich Ihnen helfen?", "{greeting}, how can I help you?"),
    agent("{greeting}, mein Name ist {name}.", "{greeting}, my name is {name}."),
    agent(
        "{greeting}, hier spricht {name} vom Kundendienst.",
        "{greeting}, this is {name} from customer service.",
    ),
    agent("Willkommen beim Kundendienst.", "Welcome to customer service."),
    agent("Mit wem spreche ich, bitte?", "Who am I speaking to, please?"),
    agent("Wie ist {detail.your}?", "What is your {detail}?"),
    agent("Können Sie mir {detail.your_acc} nennen?", "Can you tell me your {detail}?"),
    agent("Bitte buchstabieren Sie {detail.your_acc}.", "Please spell your {detail}."),
    agent("Ich habe {detail.your_acc} notiert.", "I have written down your {detail}."),
    agent("Sind Sie schon Kunde bei uns?", "Are you already a customer of ours?"),
    agent("Worum geht es heute?", "What is this about today?"),
    agent("Dieses Gespräch wird übersetzt.", "This conversation is being translated."),
    agent("Dieser Anruf wird aufgezeichnet.", "This call is being recorded."),
    agent("Spreche ich mit {titled.oblique}?", "Am I speaking to {titled}?"),
    agent("Was kann ich heute für Sie tun?", "What can I do for you today?"),
    either("Können Sie mich gut hören?", "Can you hear me well?"),
    either("Ich höre Sie sehr gut.", "I can hear you very well."),
    either("Die Verbindung ist sehr schlecht.", "The connection is very bad."),
    either(
        "Können Sie bitte etwas {manner} sprechen?",
        "Can you please speak a little {manner}?",
    ),
    either("Ich habe Sie leider nicht verstanden.", "I am afraid I did not understand you."),
    either("Könnten Sie das bitte wiederholen?", "Could you please repeat that?"),
    either("Sprechen Sie {language}?", "Do you speak {language}?"),
    either("Ich spreche nur {language}.", "I only speak {language}."),
    either(
        "Ich spreche leider kein {language}.",
        "Unfortunately, I do not speak {language}.",
    ),
    either("{name} ist mein Name.", "{name} is my name."),
    customer(
        "Ich heiße {name} und wohne in {city}.",
        "I am called {name} and I live in {city}.",
    ),
    customer("Ich rufe aus {city} an.", "I am calling from {city}."),
    customer("Es geht um {document.my_acc}.", "It is about my {document}."),
    customer(
        "Ich habe eine Frage zu {document.my_dat}.",
        "I have a question about my {document}.",
    ),
    customer("Ich brauche Hilfe mit {device.my_dat}.", "I need help with my {device}."),
    customer("Ich möchte mit {titled.oblique} sprechen.", "I would like to speak to {titled}."),
    customer(
        "Bitte verbinden Sie mich mit {team.dat}.",
        "Please put me through to the {team} team.",
    ),
    customer("Ich rufe für {person.my_acc} an.", "I am calling on behalf of my {person}."),
    customer("Ich habe {past} schon einmal angerufen.", "I already called once {past}."),
)
