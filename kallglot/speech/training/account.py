"""Accounts, contracts and the details kept about a customer."""

from __future__ import annotations

from typing import Final

from kallglot.speech.training.phrases import Pattern, agent, customer, either

__all__ = ["PATTERNS"]

PATTERNS: Final[tuple[Pattern, ...]] = (
    either("{number.my_start} ist {digits}.", "My {number} is {digits}."),
    either("{number.start} lautet {digits}.", "The {number} is {digits}."),
    either("Die letzten Ziffern sind {digits}.", "The last digits are {digits}."),
    agent("Stimmt die Nummer {digits}?", "Is the number {digits} correct?"),
    agent("Ich finde {number.your_acc} nicht.", "I cannot find your {number}."),
    agent("Ich habe {detail.your_acc} geändert.", "I have changed your {detail}."),
    agent("Ist {detail.your} noch aktuell?", "Is your {detail} still up to date?"),
    agent(
        "Zur Sicherheit brauche ich {detail.your_acc}.",
        "For security reasons I need your {detail}.",
    ),
    agent("Ihr Konto wurde {past} gesperrt.", "Your account was blocked {past}."),
    agent("Ihr Konto ist wieder frei.", "Your account is available again."),
    agent("Ihr Vertrag endet im {month}.", "Your contract ends in {month}."),
    agent(
        "Ihr Vertrag läuft noch {count} Monate.",
        "Your contract runs for another {count} months.",
    ),
    agent(
        "Ich schicke Ihnen {document.acc} {channel}.", "I will send you the {document} {channel}."
    ),
    agent(
        "Wir müssen {document.your_acc} noch {document_action}.",
        "We still have to {document_action} your {document}.",
    ),
    agent(
        "Sie können {document.acc} jederzeit {document_action}.",
        "You can {document_action} the {document} at any time.",
    ),
    customer("Ich habe {detail.my_acc} vergessen.", "I have forgotten my {detail}."),
    customer("Ich möchte {detail.my_acc} ändern.", "I would like to change my {detail}."),
    customer("{detail.my_start} hat sich geändert.", "My {detail} has changed."),
    customer("Ich kann mich nicht anmelden.", "I cannot log in."),
    customer("Warum ist mein Konto gesperrt?", "Why is my account blocked?"),
    customer("Ich bin {past} nach {city} umgezogen.", "I moved to {city} {past}."),
    customer(
        "Ich möchte {document.my_acc} {document_action}.",
        "I would like to {document_action} my {document}.",
    ),
    customer(
        "Können Sie {document.acc} bitte {document_action}?",
        "Can you please {document_action} the {document}?",
    ),
    customer("{document.my_start} {document_trouble}.", "My {document} {document_trouble}."),
    customer(
        "Ich glaube, {document.nom} {document_trouble}.",
        "I think the {document} {document_trouble}.",
    ),
    customer(
        "Ich habe {document.my_acc} noch nicht bekommen.", "I have not received my {document} yet."
    ),
    customer("Wann endet mein Vertrag?", "When does my contract end?"),
    customer("Ich bin seit {count} Jahren Kunde.", "I have been a customer for {count} years."),
    customer("Wem gehört dieses Konto?", "Who does this account belong to?"),
    customer("Das Konto läuft auf {name}.", "The account is in the name of {name}."),
)
