package card

import (
	"net/http"
	"strings"

	"beckmanconnect/cloud/web"
)

// Cards of a sign-in, of the cloud's own page and of beckmanconnect-desk. Code is
// what a program reads, and data-state on the card.
var (
	Waiting = Said{Code: "waiting", English: Words{Title: waiting, Text: "You sign in from a place that is new. We have written to you: open the link in that mail within 15 minutes, in this browser.", Note: "The console opens there. You can close this page then."},
		German: Words{Title: waitingGerman, Text: "Sie melden sich von einem neuen Ort aus an. Wir haben Ihnen geschrieben: Öffnen Sie den Link in der E-Mail innerhalb von 15 Minuten, in diesem Browser.", Note: "Dort öffnet sich die Konsole. Diese Seite können Sie dann schließen."}}
	// WaitingForProgram is of beckmanconnect-desk, which any browser on its machine reaches.
	WaitingForProgram = Said{Code: "waiting", English: Words{Title: waiting, Text: "You sign in from a place that is new. We have written to you: open the link in that mail within 15 minutes, on this machine, while this program runs."},
		German: Words{Title: waitingGerman, Text: "Sie melden sich von einem neuen Ort aus an. Wir haben Ihnen geschrieben: Öffnen Sie den Link in der E-Mail innerhalb von 15 Minuten, auf diesem Rechner, solange dieses Programm läuft."}}
	NothingWaits = Said{Code: "nothing", English: Words{Title: "No sign-in waits here", Text: again},
		German: Words{Title: "Hier wartet keine Anmeldung", Text: againGerman}}
	OtherBrowser = Said{Code: "other", English: Words{Title: "This is another browser", Text: "Open the link in the browser that you signed in with.", Note: notYou},
		German: Words{Title: "Das ist ein anderer Browser", Text: "Öffnen Sie den Link in dem Browser, in dem Sie sich angemeldet haben.", Note: notYouGerman}}
	LinkOver = Said{Code: "place", English: Words{Title: "This link does not work any more", Text: "It was used, is older than 15 minutes, or belongs to another sign-in. Sign in again.", Note: notYou},
		German: Words{Title: "Dieser Link gilt nicht mehr", Text: "Er wurde schon benutzt, ist älter als 15 Minuten oder gehört zu einer anderen Anmeldung. Melden Sie sich neu an.", Note: notYouGerman}}
	NoMail = Said{Code: "mail", English: Words{Title: "No mail can be sent", Text: "You sign in from a place that is new, and the mail that would confirm it cannot be sent. Tell your administrator."},
		German: Words{Title: "Es kann keine E-Mail gesendet werden", Text: "Sie melden sich von einem neuen Ort aus an, und die E-Mail, die das bestätigen würde, kann nicht gesendet werden. Sagen Sie es Ihrer Verwaltung."}}
	Removed = Said{Code: "removed", English: Words{Title: "This account may not sign in", Text: "Ask your administrator."},
		German: Words{Title: "Dieses Konto darf sich nicht anmelden", Text: "Fragen Sie Ihre Verwaltung."}}
	NotBegun = Said{Code: "sign-in", English: Words{Title: "This sign-in does not count any more", Text: "It was not begun in this browser, or too long ago. " + again},
		German: Words{Title: "Diese Anmeldung gilt nicht mehr", Text: "Sie wurde nicht in diesem Browser begonnen, oder vor zu langer Zeit. " + againGerman}}
	NotVouched = Said{Code: "sign-in", English: Words{Title: "You could not be signed in", Text: "The sign-in service did not vouch for you. " + again},
		German: Words{Title: notSignedInGerman, Text: "Der Anmeldedienst bürgt nicht für Sie. " + againGerman}}
	OneFactor = Said{Code: "second-factor", English: Words{Title: "A second factor is needed", Text: "The sign-in service asked you for none. Sign in with your second factor."},
		German: Words{Title: "Ein zweiter Faktor ist nötig", Text: "Der Anmeldedienst hat keinen von Ihnen verlangt. Melden Sie sich mit Ihrem zweiten Faktor an."}}
	OldSignIn = Said{Code: "second-factor", English: Words{Title: "Your sign-in is too old", Text: "Sign in at the sign-in service again."},
		German: Words{Title: "Ihre Anmeldung ist zu alt", Text: "Melden Sie sich beim Anmeldedienst neu an."}}
	NotSignedIn = Said{Code: "failed", English: Words{Title: "You could not be signed in", Text: again},
		German: Words{Title: notSignedInGerman, Text: againGerman}}
	NoAnswer = Said{Code: "sso", English: Words{Title: "You cannot sign in now", Text: "The sign-in service does not answer. Try again in a minute."},
		German: Words{Title: "Sie können sich gerade nicht anmelden", Text: "Der Anmeldedienst antwortet nicht. Versuchen Sie es in einer Minute noch einmal."}}
	TooOften = Said{Code: "too-often", English: Words{Title: "Too many tries", Text: "Wait a minute, then sign in again."},
		German: Words{Title: "Zu viele Versuche", Text: "Warten Sie eine Minute, und melden Sie sich dann neu an."}}
	ForeignNetwork = Said{Code: "network", English: Words{Title: "You cannot sign in from here", Text: "Staff signs in from the service network only."},
		German: Words{Title: "Von hier aus geht das nicht", Text: "Die Anmeldung geht nur aus dem Servicenetz."}}
	Failed = Said{Code: "internal", English: Words{Title: "That did not work", Text: "Try again in a minute."},
		German: Words{Title: "Das hat nicht geklappt", Text: "Versuchen Sie es in einer Minute noch einmal."}}
	AddressUsed = Said{Code: "not-started", English: Words{Title: "This address was used already", Text: "Start BeckmanConnect Desk again for a new one."},
		German: Words{Title: "Diese Adresse wurde schon benutzt", Text: "Starten Sie BeckmanConnect Desk neu; dann gibt es eine neue."}}
)

// All is every card; a test looks at each in both languages.
var All = []Said{Waiting, WaitingForProgram, NothingWaits, OtherBrowser, LinkOver, NoMail, Removed, NotBegun, NotVouched, OneFactor, OldSignIn, NotSignedIn, NoAnswer, TooOften, ForeignNetwork, Failed, AddressUsed}

const (
	waiting           = "Confirm your sign-in"
	waitingGerman     = "Anmeldung bestätigen"
	again             = "Begin again in the console."
	againGerman       = "Beginnen Sie neu in der Konsole."
	notSignedInGerman = "Sie konnten nicht angemeldet werden"
	notYou            = "If you did not sign in, tell your security team: somebody has your password."
	notYouGerman      = "Haben Sie sich nicht angemeldet, sagen Sie es Ihrer Sicherheitsabteilung: Jemand hat Ihr Passwort."
)

// Fail refuses: with a card where a browser asks for a page, and to a program as
// the interface does everywhere, with the card's code and its English.
func Fail(w http.ResponseWriter, r *http.Request, status int, said Said) {
	if !strings.Contains(r.Header.Get("Accept"), "text/html") {
		web.Fail(w, status, said.Code, said.English.Text)
		return
	}
	Show(w, r, status, said)
}
