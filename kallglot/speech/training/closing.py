"""How a call goes on to somebody else, and how it ends."""

from __future__ import annotations

from typing import Final

from kallglot.speech.training.phrases import Pattern, agent, customer, either

__all__ = ["PATTERNS"]

PATTERNS: Final[tuple[Pattern, ...]] = (
    agent("Ich verbinde Sie mit {titled.oblique}.", "I will connect you with {titled}."),
    agent("Ich verbinde Sie mit {team.dat}.", "I will transfer you to the {team} team."),
    agent("Bitte bleiben Sie am Apparat.", "Please stay on the line."),
    agent("Bitte warten Sie, ich prüfe das.", "Please wait, I am checking that."),
    agent("Ich muss kurz {person.my_acc} fragen.", "I just have to ask my {person}."),
    agent("Kann ich sonst noch etwas für Sie tun?", "Is there anything else I can do for you?"),
    agent("Haben Sie noch weitere Fragen?", "Do you have any other questions?"),
    agent("Wir kümmern uns {future} darum.", "We will take care of it {future}."),
    agent("Ihr Anliegen hat die Nummer {digits}.", "Your case has the number {digits}."),
    agent("Sie erhalten {future} eine Nachricht.", "You will receive a message {future}."),
    agent("Vielen Dank für Ihren Anruf.", "Thank you for calling."),
    agent("Vielen Dank für Ihre Geduld.", "Thank you for your patience."),
    agent("Sie waren sehr freundlich.", "You have been very kind."),
    agent("Ich fasse das kurz zusammen.", "Let me sum that up briefly."),
    agent("Sind Sie damit einverstanden?", "Do you agree with that?"),
    agent(
        "Das darf ich leider nicht entscheiden.", "Unfortunately, I am not allowed to decide that."
    ),
    either("Ich wünsche Ihnen einen schönen {day}.", "I wish you a nice {day}."),
    either("Auf Wiederhören, {titled}.", "Goodbye, {titled}."),
    either("Auf Wiederhören und bis {day}.", "Goodbye and see you on {day}."),
    either("Wir sprechen uns {future}.", "We will talk {future}."),
    either("Ich bin damit einverstanden.", "I agree with that."),
    either("Das habe ich nicht gewusst.", "I did not know that."),
    customer("Nein, das war alles.", "No, that was all."),
    customer("Ich habe noch eine Frage.", "I have one more question."),
    customer("Sie haben mir sehr geholfen.", "You have helped me a lot."),
    customer("Ich bin sehr zufrieden.", "I am very satisfied."),
    customer("Ich bin wirklich enttäuscht.", "I am really disappointed."),
    customer(
        "Ich möchte mich über {titled.oblique} beschweren.",
        "I would like to complain about {titled}.",
    ),
    customer("Ich überlege es mir bis {day}.", "I will think about it until {day}."),
    customer("Bitte bestätigen Sie das {channel}.", "Please confirm that {channel}."),
    customer("Können Sie mir das {channel} schicken?", "Can you send me that {channel}?"),
    customer(
        "Das muss ich erst mit {person.my_dat} besprechen.",
        "I have to discuss that with my {person} first.",
    ),
)
