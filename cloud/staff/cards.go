package staff

import (
	"net/http"

	"beckmanconnect/cloud/console/card"
)

// What a browser is told while somebody signs in.
var (
	cardWaiting = card.Said{
		English: card.Words{Title: "Confirm your sign-in", Text: "You sign in from a place that is new. We have written to you: open the link in that mail within 15 minutes, in this browser.", Note: "The console opens there. You can close this page then."},
		German:  card.Words{Title: "Anmeldung bestätigen", Text: "Sie melden sich von einem neuen Ort aus an. Wir haben Ihnen geschrieben: Öffnen Sie den Link in der E-Mail innerhalb von 15 Minuten, in diesem Browser.", Note: "Dort öffnet sich die Konsole. Diese Seite können Sie dann schließen."},
	}
	cardOther = card.Said{
		English: card.Words{Title: "This is another browser", Text: "Open the link in the browser that you signed in with.", Note: notYou},
		German:  card.Words{Title: "Das ist ein anderer Browser", Text: "Öffnen Sie den Link in dem Browser, in dem Sie sich angemeldet haben.", Note: notYouGerman},
	}
	cardOver = card.Said{
		English: card.Words{Title: "This link does not work any more", Text: "It was used, is older than 15 minutes, or belongs to another sign-in. Sign in again.", Note: notYou},
		German:  card.Words{Title: "Dieser Link gilt nicht mehr", Text: "Er wurde schon benutzt, ist älter als 15 Minuten oder gehört zu einer anderen Anmeldung. Melden Sie sich neu an.", Note: notYouGerman},
	}
	cardRemoved = card.Said{
		English: card.Words{Title: "This account may not sign in", Text: "Ask your administrator."},
		German:  card.Words{Title: "Dieses Konto darf sich nicht anmelden", Text: "Fragen Sie Ihre Verwaltung."},
	}
	cardNoMail = card.Said{
		English: card.Words{Title: "No mail can be sent", Text: "You sign in from a place that is new, and the mail that would confirm it cannot be sent. Tell your administrator."},
		German:  card.Words{Title: "Es kann keine E-Mail gesendet werden", Text: "Sie melden sich von einem neuen Ort aus an, und die E-Mail, die das bestätigen würde, kann nicht gesendet werden. Sagen Sie es Ihrer Verwaltung."},
	}
	cardFailed = card.Said{
		English: card.Words{Title: "That did not work", Text: "Try again in a minute."},
		German:  card.Words{Title: "Das hat nicht geklappt", Text: "Versuchen Sie es in einer Minute noch einmal."},
	}
)

const (
	notYou       = "If you did not sign in, tell your security team: somebody has your password."
	notYouGerman = "Haben Sie sich nicht angemeldet, sagen Sie es Ihrer Sicherheitsabteilung: Jemand hat Ihr Passwort."
)

// failPage says to a person in a browser what failPlace says to a program.
func (d *Desk) failPage(w http.ResponseWriter, r *http.Request, err error) {
	switch why := d.failure(r, err); why {
	case "over":
		card.Show(w, r, http.StatusForbidden, why, cardOver)
	case "removed":
		card.Show(w, r, http.StatusForbidden, why, cardRemoved)
	case "mail":
		card.Show(w, r, http.StatusServiceUnavailable, why, cardNoMail)
	case "internal":
		card.Show(w, r, http.StatusInternalServerError, why, cardFailed)
	}
}
