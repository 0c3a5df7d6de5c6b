package installer

// setupTexts are what the setup program says, in English, German, French,
// Spanish and Italian.
var setupTexts = []struct {
	key string
	in  [5]string
}{
	{"OLDWINDOWS", [5]string{
		"@NAME@ needs @SUPPORTED@. Nothing was changed.",
		"@NAME@ braucht Windows 10 Version 1809, Windows 11 oder Windows Server 2019 (64 Bit) oder neuer. Nichts wurde geändert.",
		"@NAME@ nécessite Windows 10 version 1809, Windows 11 ou Windows Server 2019 (64 bits) ou plus récent. Rien n'a été modifié.",
		"@NAME@ necesita Windows 10 versión 1809, Windows 11 o Windows Server 2019 (64 bits) o posterior. No se ha cambiado nada.",
		"@NAME@ richiede Windows 10 versione 1809, Windows 11 o Windows Server 2019 (64 bit) o successivo. Nulla è stato modificato.",
	}},
	{"NOADMIN", [5]string{
		"@NAME@ is installed for all accounts of this PC. Start the installation as an administrator.",
		"@NAME@ wird für alle Konten dieses PCs installiert. Starten Sie die Installation als Administrator.",
		"@NAME@ s'installe pour tous les comptes de ce PC. Lancez l'installation en tant qu'administrateur.",
		"@NAME@ se instala para todas las cuentas de este PC. Inicie la instalación como administrador.",
		"@NAME@ viene installato per tutti gli account di questo PC. Avviare l'installazione come amministratore.",
	}},
	{"OTHERPACKAGE", [5]string{
		"@NAME@ was installed here by its MSI. Remove it in Windows' settings first; its log stays, and this program goes on with it.",
		"@NAME@ wurde hier mit dem MSI installiert. Entfernen Sie es zuerst in den Windows-Einstellungen; das Protokoll bleibt, und dieses Programm führt es weiter.",
		"@NAME@ a été installé ici par son MSI. Supprimez-le d'abord dans les paramètres de Windows ; son journal reste et sera poursuivi.",
		"@NAME@ se instaló aquí con su MSI. Quítelo primero en la configuración de Windows; su registro se conserva y se continúa.",
		"@NAME@ è stato installato qui con il suo MSI. Rimuoverlo prima nelle impostazioni di Windows; il registro resta e viene continuato.",
	}},
	{"NEWER", [5]string{
		"A newer version of @NAME@ is installed. It stays, and nothing was changed. To go back to @VERSION@, remove it first.",
		"Eine neuere Version von @NAME@ ist installiert. Sie bleibt, und nichts wurde geändert. Um zu @VERSION@ zurückzukehren, entfernen Sie sie zuerst.",
		"Une version plus récente de @NAME@ est installée. Elle reste et rien n'a été modifié. Pour revenir à @VERSION@, supprimez-la d'abord.",
		"Hay instalada una versión más reciente de @NAME@. Se conserva y no se ha cambiado nada. Para volver a @VERSION@, quítela primero.",
		"È installata una versione più recente di @NAME@. Resta, e nulla è stato modificato. Per tornare a @VERSION@, rimuoverla prima.",
	}},
	{"TOOLONG", [5]string{
		"A word of the command line is too long. Nothing was changed.",
		"Ein Wort der Befehlszeile ist zu lang. Nichts wurde geändert.",
		"Un mot de la ligne de commande est trop long. Rien n'a été modifié.",
		"Una palabra de la línea de comandos es demasiado larga. No se ha cambiado nada.",
		"Una parola della riga di comando è troppo lunga. Nulla è stato modificato.",
	}},
	{"UNKNOWN", [5]string{
		"This is not known, and nothing was changed:",
		"Das ist nicht bekannt, und nichts wurde geändert:",
		"Ceci n'est pas connu, et rien n'a été modifié :",
		"Esto no se conoce y no se ha cambiado nada:",
		"Questo non è noto, e nulla è stato modificato:",
	}},
	{"NOFILES", [5]string{
		"The files could not be written. Is the disk full, or does a virus scanner hold them?",
		"Die Dateien konnten nicht geschrieben werden. Ist der Datenträger voll, oder hält sie ein Virenscanner?",
		"Les fichiers n'ont pas pu être écrits. Le disque est-il plein, ou un antivirus les retient-il ?",
		"No se pudieron escribir los archivos. ¿Está lleno el disco o los retiene un antivirus?",
		"Non è stato possibile scrivere i file. Il disco è pieno, o un antivirus li trattiene?",
	}},
	{"NOINSTALL", [5]string{
		"The installation failed:",
		"Die Installation ist fehlgeschlagen:",
		"L'installation a échoué :",
		"La instalación ha fallado:",
		"L'installazione non è riuscita:",
	}},
	{"NOREMOVE", [5]string{
		"The removal failed:",
		"Das Entfernen ist fehlgeschlagen:",
		"La suppression a échoué :",
		"La eliminación ha fallado:",
		"La rimozione non è riuscita:",
	}},
	{"ADOPTING", [5]string{
		"Unpacking and verifying the programs…",
		"Programme werden entpackt und geprüft…",
		"Décompression et vérification des programmes…",
		"Desempaquetando y comprobando los programas…",
		"Estrazione e verifica dei programmi…",
	}},
	{"SETTING", [5]string{
		"Setting up the services…",
		"Dienste werden eingerichtet…",
		"Configuration des services…",
		"Configurando los servicios…",
		"Configurazione dei servizi…",
	}},
	{"FINISHED", [5]string{
		"@NAME@ @VERSION@ is installed. Remote support stays off until your IT and you have accepted its terms.",
		"@NAME@ @VERSION@ ist installiert. Fernunterstützung bleibt aus, bis Ihre IT und Sie ihren Bedingungen zugestimmt haben.",
		"@NAME@ @VERSION@ est installé. L'assistance à distance reste désactivée jusqu'à ce que votre service informatique et vous ayez accepté ses conditions.",
		"@NAME@ @VERSION@ está instalado. La asistencia remota permanece desactivada hasta que su departamento de TI y usted acepten sus condiciones.",
		"@NAME@ @VERSION@ è installato. L'assistenza remota resta disattivata finché il reparto IT e voi non ne avrete accettato le condizioni.",
	}},
	{"ADDRESSTITLE", [5]string{"Support network", "Support-Netzwerk", "Réseau d'assistance", "Red de asistencia", "Rete di assistenza"}},
	{"ADDRESSHINT", [5]string{
		"Your IT or your vendor knows these.",
		"Ihre IT oder Ihr Hersteller kennt diese Angaben.",
		"Votre service informatique ou votre fournisseur les connaît.",
		"Su departamento de TI o su proveedor los conoce.",
		"Il reparto IT o il fornitore li conosce.",
	}},
	{"ADDRESSKEEP", [5]string{
		"What is left empty stays as it is, or can be set later.",
		"Was leer bleibt, bleibt, wie es ist, oder kann später gesetzt werden.",
		"Ce qui reste vide n'est pas modifié, ou peut être défini plus tard.",
		"Lo que quede vacío no cambia o puede definirse más tarde.",
		"Ciò che resta vuoto non cambia, o può essere impostato più tardi.",
	}},
	{"NOADDRESS", [5]string{
		"The address has to begin with https:// and name the support network, as in https://support.example.com.",
		"Die Adresse muss mit https:// beginnen und das Support-Netzwerk nennen, wie in https://support.example.com.",
		"L'adresse doit commencer par https:// et nommer le réseau d'assistance, comme dans https://support.example.com.",
		"La dirección debe empezar por https:// e indicar la red de asistencia, como en https://support.example.com.",
		"L'indirizzo deve iniziare con https:// e indicare la rete di assistenza, come in https://support.example.com.",
	}},
	{"LABELURL", [5]string{"Address (https):", "Adresse (https):", "Adresse (https) :", "Dirección (https):", "Indirizzo (https):"}},
	{"LABELREGION", [5]string{"Region:", "Region:", "Région :", "Región:", "Regione:"}},
	{"LABELINSTRUMENT", [5]string{"Instrument profile:", "Geräteprofil:", "Profil de l'appareil :", "Perfil del instrumento:", "Profilo dello strumento:"}},
	{"LABELSERIAL", [5]string{"Serial number:", "Seriennummer:", "Numéro de série :", "Número de serie:", "Numero di serie:"}},
}
