package registry

import (
	"fmt"
	"strings"
	"time"

	"beckmanconnect/cloud/data"
	"beckmanconnect/cloud/mail"
)

// letter asks one person whether they registered an instrument. What they typed
// at the instrument stands in it as text, on lines of its own, and the link is
// the cloud's own.
func letter(a data.Ask, link string, expires time.Time) mail.Message {
	var b strings.Builder
	fmt.Fprintf(&b, "This instrument was registered for BeckmanConnect Remote Support with your e-mail address:\n\n"+
		"    %s\n    serial number %s\n    registered by %s\n    region %s\n\n", a.Type, a.Serial, a.Name, strings.ToUpper(a.Region))
	fmt.Fprintf(&b, "If that was you, please confirm it here until %s UTC:\n\n    %s\n\n", expires.UTC().Format("2006-01-02 15:04"), link)
	b.WriteString("The page says what you confirm and asks you to press a button. It asks for no password and no code.\n" +
		"If it was not you, do nothing: without your confirmation nobody answers for this instrument.\n\n")
	for _, line := range letterLines {
		b.WriteString(line + "\n")
	}
	return mail.Message{To: a.Email, Subject: "Please confirm: " + a.Type + ", serial number " + a.Serial, Text: b.String()}
}

// letterLines say what to do with the link in the other languages.
var letterLines = []string{
	"Deutsch: Wurde dieses Gerät von Ihnen registriert? Dann bestätigen Sie es bitte über den Link oben.",
	"Français : Avez-vous enregistré cet appareil ? Alors confirmez-le par le lien ci-dessus.",
	"Español: ¿Ha registrado usted este equipo? Confírmelo mediante el enlace de arriba.",
	"Italiano: Ha registrato Lei questo strumento? Lo confermi con il collegamento qui sopra.",
	"中文：如果是您登记了这台仪器，请通过上面的链接确认。",
	"日本語：この装置を登録された場合は、上のリンクから確認してください。",
}
