"""The things calls are about, with their genders."""

from __future__ import annotations

from typing import Final

from kallglot.speech.training.phrases import nouns, words

__all__ = [
    "DETAILS",
    "DEVICES",
    "DOCUMENTS",
    "ITEMS",
    "NUMBERS",
    "PEOPLE",
    "SERVICES",
    "TEAMS",
]

TEAMS: Final = nouns("""
    f Buchhaltung = accounting
    m Kundendienst = customer service
    m Vertrieb = sales
    m Versand = shipping
    f Rechtsabteilung = legal
    f Technik = technical support
    f Reparaturabteilung = repairs
""")
DOCUMENTS: Final = nouns("""
    f Rechnung = invoice
    m Vertrag = contract
    n Angebot = offer
    f Quittung = receipt
    f Kündigung = cancellation
    f Bestätigung = confirmation
    f Garantie = warranty
    f Mahnung = payment reminder
    f Gutschrift = credit note
    f Versicherung = insurance
    m Antrag = application
    m Gutschein = voucher
    f Beschwerde = complaint
""")
DETAILS: Final = nouns("""
    f Adresse = address
    f Telefonnummer = phone number
    f Mailadresse = email address
    n Passwort = password
    m Benutzername/Benutzernamen = username
    n Geburtsdatum = date of birth
    f Kundennummer = customer number
    f Vertragsnummer = contract number
    f Postleitzahl = postcode
    m Nachname/Nachnamen = last name
    m Vorname/Vornamen = first name
    f Kontonummer = account number
""")
NUMBERS: Final = nouns("""
    f Kundennummer = customer number
    f Vertragsnummer = contract number
    f Telefonnummer = phone number
    f Bestellnummer = order number
    f Kontonummer = account number
    f Seriennummer = serial number
    f Rechnungsnummer = invoice number
    f Postleitzahl = postcode
    f Hausnummer = house number
""")
ITEMS: Final = nouns("""
    n Paket = parcel
    f Bestellung = order
    m Brief = letter
    f Jacke = jacket
    m Tisch = table
    m Stuhl = chair
    n Fahrrad = bicycle
    m Rucksack = backpack
    m Koffer = suitcase
    f Matratze = mattress
    m Spiegel = mirror
    m Teppich = carpet
    n Buch = book
    m Mantel = coat
    m Schrank = wardrobe
    n Zelt = tent
    f Lampe = lamp
    n Sofa = sofa
""")
DEVICES: Final = nouns("""
    m Router = router
    m Drucker = printer
    n Telefon = phone
    m Bildschirm = screen
    m Computer = computer
    f Kamera = camera
    f Tastatur = keyboard
    m Lautsprecher = speaker
    m Fernseher = television
    m Kopfhörer = headset
    n Ladegerät = charger
    f Kaffeemaschine = coffee machine
    f Waschmaschine = washing machine
    m Kühlschrank = fridge
    m Staubsauger = vacuum cleaner
    f Heizung = heating
    f Batterie = battery
""")
SERVICES: Final = words("""
    Internet = internet
    WLAN = wifi
    Telefon = phone
    Fernsehen = television
""")
PEOPLE: Final = nouns("""
    f Kollegin = colleague
    m Chef = boss
    m Sohn = son
    m Mann = husband
    f Tochter = daughter
    f Frau = wife
    f Mutter = mother
    m Bruder = brother
    f Schwester = sister
    f Nachbarin = neighbour
""")
