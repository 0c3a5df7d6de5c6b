package registry

// confirmWords are the page's texts in one language.
type confirmWords struct {
	Ask, AskText, Button, Not, Done, DoneText, Over, OverText, Failed, Type, Serial string
}

// confirmTexts are the page's texts in the product's languages (B12).
var confirmTexts = map[string]confirmWords{
	"en": {
		Ask: "Did you register this instrument?", AskText: "It was registered for remote support with your e-mail address.", Button: "Yes, I confirm",
		Not:  "If it was not you, close this page. This page never asks for a password or a code.",
		Done: "Thank you", DoneText: "The registration is confirmed. You can close this page.",
		Over: "This link does not work any more", OverText: "It was used already, or it is older than three days. Register the instrument again, or ask the vendor to send another mail.",
		Failed: "That did not work. Please try again in a few minutes.", Type: "Instrument", Serial: "Serial number",
	},
	"de": {
		Ask: "Haben Sie dieses Gerät registriert?", AskText: "Es wurde mit Ihrer E-Mail-Adresse für den Fernsupport registriert.", Button: "Ja, ich bestätige es",
		Not:  "Waren Sie es nicht, schließen Sie diese Seite. Sie fragt nie nach einem Passwort oder Code.",
		Done: "Vielen Dank", DoneText: "Die Registrierung ist bestätigt. Sie können diese Seite schließen.",
		Over: "Dieser Link gilt nicht mehr", OverText: "Er wurde schon benutzt oder ist älter als drei Tage. Registrieren Sie das Gerät erneut, oder bitten Sie den Hersteller um eine neue Mail.",
		Failed: "Das hat nicht geklappt. Bitte versuchen Sie es in einigen Minuten erneut.", Type: "Gerät", Serial: "Seriennummer",
	},
	"fr": {
		Ask: "Avez-vous enregistré cet appareil ?", AskText: "Il a été enregistré pour l’assistance à distance avec votre adresse e-mail.", Button: "Oui, je confirme",
		Not:  "Si ce n’était pas vous, fermez cette page. Elle ne demande jamais de mot de passe ni de code.",
		Done: "Merci", DoneText: "L’enregistrement est confirmé. Vous pouvez fermer cette page.",
		Over: "Ce lien n’est plus valable", OverText: "Il a déjà été utilisé ou date de plus de trois jours. Enregistrez à nouveau l’appareil ou demandez un nouvel e-mail au fabricant.",
		Failed: "Cela n’a pas fonctionné. Réessayez dans quelques minutes.", Type: "Appareil", Serial: "Numéro de série",
	},
	"es": {
		Ask: "¿Ha registrado usted este equipo?", AskText: "Se registró para la asistencia remota con su dirección de correo electrónico.", Button: "Sí, lo confirmo",
		Not:  "Si no ha sido usted, cierre esta página. Nunca pide contraseñas ni códigos.",
		Done: "Gracias", DoneText: "El registro está confirmado. Puede cerrar esta página.",
		Over: "Este enlace ya no es válido", OverText: "Ya se utilizó o tiene más de tres días. Registre de nuevo el equipo o pida al fabricante otro correo.",
		Failed: "No ha funcionado. Inténtelo de nuevo dentro de unos minutos.", Type: "Equipo", Serial: "Número de serie",
	},
	"it": {
		Ask: "Ha registrato Lei questo strumento?", AskText: "È stato registrato per l’assistenza remota con il Suo indirizzo e-mail.", Button: "Sì, confermo",
		Not:  "Se non è stato Lei, chiuda questa pagina. Non chiede mai password né codici.",
		Done: "Grazie", DoneText: "La registrazione è confermata. Può chiudere questa pagina.",
		Over: "Questo collegamento non è più valido", OverText: "È già stato usato o ha più di tre giorni. Registri di nuovo lo strumento o chieda al produttore un’altra e-mail.",
		Failed: "Non ha funzionato. Riprovi tra qualche minuto.", Type: "Strumento", Serial: "Numero di serie",
	},
	"zh": {
		Ask: "这台仪器是您登记的吗？", AskText: "它以您的电子邮件地址登记了远程支持。", Button: "是的，我确认",
		Not:  "如果不是您本人，请关闭此页面。此页面绝不会要求输入密码或代码。",
		Done: "谢谢", DoneText: "登记已确认。您可以关闭此页面。",
		Over: "此链接已失效", OverText: "它已被使用过，或已超过三天。请重新登记仪器，或请厂商再发一封邮件。",
		Failed: "操作未成功。请几分钟后重试。", Type: "仪器", Serial: "序列号",
	},
	"ja": {
		Ask: "この装置を登録されましたか？", AskText: "お客様のメールアドレスでリモートサポートに登録されました。", Button: "はい、確認します",
		Not:  "心当たりがない場合は、このページを閉じてください。パスワードやコードを尋ねることはありません。",
		Done: "ありがとうございます", DoneText: "登録が確認されました。このページを閉じてかまいません。",
		Over: "このリンクは無効になりました", OverText: "すでに使用されたか、3日以上経過しています。装置を再登録するか、メーカーに再送を依頼してください。",
		Failed: "うまくいきませんでした。数分後にもう一度お試しください。", Type: "装置", Serial: "シリアル番号",
	},
}
