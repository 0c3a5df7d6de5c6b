package profile

import (
	"strconv"
	"strings"
	"sync"
)

// The words in front of what names a person or a sample, in the languages of
// the product.
const (
	person = `patient(?:in|en|s)?|patiente|paciente|paziente|pat\.|name|surname|nachname|vorname|first name|last name|nom|prénom|apellidos?|nombre|cognome|nome|operator|user|username|benutzer|bediener|utilisateur|opérateur|usuario|operador|utente|operatore|technician|doctor|dr\.|physician`
	sample = `mrn|medical record|patient|pat|pid|accession|accn?|sample|specimen|tube|barcode|bar code|case|encounter|visit|admission|order|requisition|proben?|auftrag|fall|patienten|röhrchen|échantillon|tube|dossier|muestra|tubo|caso|campione|provetta|richiesta`
	number = `(?:[ _-]?(?:id|no|nr|num|number|nummer|code|#))?\.?`
)

var months = `jan|feb|fev|fév|mar|mär|maer|apr|avr|abr|may|mai|mag|jun|juin|giu|jul|juil|lug|aug|août|ago|sep|set|oct|okt|ott|nov|dec|dez|déc|dic`

const digits = "0123456789"

// base are the rules that always apply. Their order decides which word stands
// there in the end. They are compiled once: whoever adds to them clones them.
var base = sync.OnceValue(func() []scrubRule {
	c := func(text string) *pattern {
		p, err := newPattern(text)
		if err != nil {
			panic(err) // a fixed text
		}
		return p
	}
	return []scrubRule{
		// HL7 v2 segments and ASTM records: from the segment on, nothing of the
		// line stays.
		{name: "hl7", hint: "|", with: "[message]", match: c(`\b(?:MSH|EVN|PID|PD1|NK1|PV1|PV2|IN1|IN2|GT1|ORC|OBR|OBX|NTE|SPM|SAC|DG1|AL1|QRD|QRF|QPD|RCP|MSA|ERR|Z[A-Z0-9]{2})\|.*`)},
		{name: "astm", hint: "|", with: "${1}[message]", match: c(`(^|[^A-Za-z0-9])[0-7]?[HPORCQLMS]\|[\\^&|0-9].*`)},
		{name: "hl7-name", hint: "^", with: "[name]", match: c(`\p{L}[\p{L}'’-]*\^\p{L}[\p{L}'’. -]*(?:\^[\p{L}'’. ]*)*`)},
		{name: "e-mail", hint: "@＠", with: "[e-mail]", match: c(`[\p{L}\p{N}._%+'’-]*[@＠][\p{L}\p{N}][\p{L}\p{N}.-]*`)},
		{name: "sample", hint: digits, with: "${1}[id]", match: c(`((?i:\b(?:` + sample + `)` + number + `)["']?\s*[:=#]?\s*["']?)[\p{L}\p{N}][\p{L}\p{N}./_-]*\d[\p{L}\p{N}./_-]*`), decide: hasNumber},
		{name: "person", with: "${1}[name]", match: c(`((?i:\b(?:` + person + `))(?:[ _-]?(?i:name))?\b\.?["']?\s*[:=]\s*["']?)\p{L}[\p{L}'’.-]*(?:[ ,]+\p{L}[\p{L}'’.-]*){0,3}`)},
		{name: "person-capitals", with: "${1}[name]", match: c(`((?i:\b(?:` + person + `))\.?["']?\s+["']?)\p{Lu}[\p{L}'’.-]*(?:[ ,]+\p{Lu}[\p{L}'’.-]*){0,3}`)},
		{name: "social", hint: digits, with: "[number]", match: c(`\b\d{3}-\d{2}-\d{4}\b`)},
		{name: "phone", hint: "+", with: "[phone]", match: c(`\+\d[\d ()./-]{6,}\d`)},
		{name: "phone-us", hint: digits, with: "[phone]", match: c(`\(?\b\d{3}\)?[ .-]\d{3}[.-]\d{4}\b`)},
		{name: "phone-national", hint: digits, with: "${1}[phone]", match: c(`(^|[^\w:.,])0\d{1,4}[ /-]{1,3}\d[\d /-]{4,}\d`)},
		{name: "phone-word", hint: digits, with: "${1}[phone]", match: c(`((?i:\b(?:tel|telephone|phone|fon|telefon|téléphone|teléfono|telefono|fax|mobile|mobil|handy|cell))\b\.?\s*[:=]?\s*)[\d(][\d ()./-]{2,}\d`)},
		{name: "accession", hint: digits, with: "[id]", match: c(`\b[A-Z]{0,3}\d{2,4}-\d{4,}\b`)},
		{name: "number", hint: digits, with: "[number]", match: c(`(?:0[xX])?[A-Z]{0,4}\d{7,}`), decide: isNumber},
		{name: "date", hint: digits, with: "[date]", match: c(`\d+(?:[./-]\d+)+`), decide: isDate},
		{name: "date-word", hint: digits, with: "[date]", match: c(`(?i)\b(?:\d{1,2}[. -]{0,2}(?:` + months + `)[\p{L}]{0,9}\.?[ ,-]{1,2}\d{2,4}|(?:` + months + `)[\p{L}]{0,9}\.? \d{1,2}(?:st|nd|rd|th)?,? \d{4})\b`)},
		{name: "account", with: "${1}[user]", match: c(`((?i:[\\/](?:users|home|benutzer|utilisateurs|usuarios|utenti)[\\/]))[^\\/:*?"<>|\s\[\]]+`)},
	}
})

// hasNumber: the value behind the label, not the label, must hold the digit.
func hasNumber(found string) bool { return strings.ContainsAny(found, "0123456789") }

// isNumber spares codes such as 0x80070070, which tell what failed.
func isNumber(found string) bool {
	return !strings.HasPrefix(strings.ToLower(found), "0x") || len(found) > len("0x80070070")
}

// isDate spares versions, addresses and measured values.
func isDate(found string) bool {
	parts := strings.FieldsFunc(found, func(r rune) bool { return r == '.' || r == '/' || r == '-' })
	if len(parts) != 3 {
		return false
	}
	var n [3]int
	for i, p := range parts {
		if len(p) > 4 {
			return false
		}
		n[i], _ = strconv.Atoi(p) // digits only, by the pattern
	}
	day := func(d int) bool { return d >= 1 && d <= 31 }
	month := func(m int) bool { return m >= 1 && m <= 12 }
	year := func(p string) bool { return len(p) == 4 || len(p) == 2 }
	switch {
	case len(parts[0]) == 4:
		return month(n[1]) && day(n[2]) || day(n[1]) && month(n[2])
	default:
		return year(parts[2]) && (day(n[0]) && month(n[1]) || month(n[0]) && day(n[1]))
	}
}
