package installer

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"text/template"

	"beckmanconnect/internal/hostconfig"
	"beckmanconnect/internal/version"
)

// PolicyKey is where group policy writes and the programs read, below
// HKEY_LOCAL_MACHINE.
const PolicyKey = `Software\Policies\BeckmanConnect`

// policyLanguages are the languages of the templates, as Windows names them.
var policyLanguages = []string{"en-US", "de-DE", "fr-FR", "es-ES", "it-IT", "zh-CN", "ja-JP"}

// policyTexts are the texts of the templates in the order of policyLanguages.
var policyTexts = map[string][7]string{
	"supported": {
		"Windows 10 1809, Windows 11, Windows Server 2019, or later", "Windows 10 1809, Windows 11, Windows Server 2019 oder neuer",
		"Windows 10 1809, Windows 11, Windows Server 2019 ou ultérieur", "Windows 10 1809, Windows 11, Windows Server 2019 o posterior",
		"Windows 10 1809, Windows 11, Windows Server 2019 o successivo",
		"Windows 10 1809、Windows 11、Windows Server 2019 或更高版本",
		"Windows 10 1809、Windows 11、Windows Server 2019 以降",
	},
	"explain": {
		"Goes before what this PC's configuration file says. It authorises nothing: that is for the signed site policy alone. Property at installation: %s.",
		"Geht dem vor, was in der Konfigurationsdatei dieses PCs steht. Es berechtigt zu nichts: Das kann nur die signierte Standortrichtlinie. Eigenschaft bei der Installation: %s.",
		"Prévaut sur le fichier de configuration de ce PC. N'autorise rien : seule la politique de site signée le peut. Propriété à l'installation : %s.",
		"Prevalece sobre el archivo de configuración de este PC. No autoriza nada: solo puede hacerlo la política de sitio firmada. Propiedad en la instalación: %s.",
		"Prevale sul file di configurazione di questo PC. Non autorizza nulla: può farlo solo la politica di sito firmata. Proprietà all'installazione: %s.",
		"优先于本机配置文件中的设置。它不授予任何权限：只有已签名的单位策略才能授权。安装时的属性：%s。",
		"この PC の構成ファイルより優先されます。何も許可しません：許可できるのは署名済みの施設ポリシーだけです。インストール時のプロパティ：%s。",
	},
	"CLOUDURL":      {"Address of the support network", "Adresse des Support-Netzwerks", "Adresse du réseau d'assistance", "Dirección de la red de asistencia", "Indirizzo della rete di assistenza", "支持网络的地址", "サポートネットワークのアドレス"},
	"REGION":        {"Region", "Region", "Région", "Región", "Regione", "区域", "リージョン"},
	"INSTRUMENT":    {"Profile of the instrument", "Profil des Geräts", "Profil de l'appareil", "Perfil del instrumento", "Profilo dello strumento", "仪器配置", "装置プロファイル"},
	"SERIAL":        {"Serial number of the instrument", "Seriennummer des Geräts", "Numéro de série de l'appareil", "Número de serie del instrumento", "Numero di serie dello strumento", "仪器的序列号", "装置のシリアル番号"},
	"INSTRUMENTLOG": {"Log file of the instrument's software", "Protokolldatei der Gerätesoftware", "Fichier journal du logiciel de l'appareil", "Archivo de registro del software del instrumento", "File di registro del software dello strumento", "仪器软件的日志文件", "装置ソフトウェアのログファイル"},
	"PHONE":         {"The vendor's service number", "Servicenummer des Herstellers", "Numéro de service du fournisseur", "Número de servicio del proveedor", "Numero di assistenza del fornitore", "厂商客服电话", "提供元のサポート窓口の電話番号"},
	"HOURS":         {"When the vendor's service can be called", "Wann der Service des Herstellers erreichbar ist", "Heures d'ouverture du service du fournisseur", "Horario del servicio del proveedor", "Orari del servizio del fornitore", "厂商客服的服务时间", "提供元のサポート窓口の受付時間"},
	"CHANNEL":       {"Channel that upgrades are taken from", "Kanal der Aktualisierungen", "Canal des mises à jour", "Canal de las actualizaciones", "Canale degli aggiornamenti", "更新通道", "更新を受け取るチャネル"},
	"PROXY":         {"Proxy", "Proxy", "Proxy", "Proxy", "Proxy", "代理服务器", "プロキシ"},
	"PROXYUSER":     {"The proxy's user", "Benutzer des Proxys", "Utilisateur du proxy", "Usuario del proxy", "Utente del proxy", "代理服务器用户", "プロキシのユーザー"},
	"PROXYPASSWORDFILE": {
		"File that holds the proxy's password", "Datei mit dem Passwort des Proxys", "Fichier contenant le mot de passe du proxy",
		"Archivo con la contraseña del proxy", "File con la password del proxy",
		"存放代理服务器密码的文件",
		"プロキシのパスワードを収めたファイル",
	},
}

const admx = `<?xml version="1.0" encoding="utf-8"?>
<policyDefinitions xmlns="http://schemas.microsoft.com/GroupPolicy/2006/07/PolicyDefinitions" revision="1.0" schemaVersion="1.0">
  <policyNamespaces>
    <target prefix="beckmanconnect" namespace="BeckmanConnect.Policies"/>
  </policyNamespaces>
  <resources minRequiredRevision="1.0"/>
  <supportedOn>
    <definitions>
      <definition name="Supported" displayName="$(string.Supported)"/>
    </definitions>
  </supportedOn>
  <categories>
    <category name="BeckmanConnect" displayName="$(string.Category)"/>
  </categories>
  <policies>{{range .}}
    <policy name="{{.}}" class="Machine" displayName="$(string.{{.}})" explainText="$(string.{{.}}_Explain)" presentation="$(presentation.{{.}})" key="` + PolicyKey + `">
      <parentCategory ref="BeckmanConnect"/>
      <supportedOn ref="Supported"/>
      <elements>
        <text id="{{.}}_Text" valueName="{{.}}" required="true" maxLength="1023"/>
      </elements>
    </policy>{{end}}
  </policies>
</policyDefinitions>
`

const adml = `<?xml version="1.0" encoding="utf-8"?>
<policyDefinitionResources xmlns="http://schemas.microsoft.com/GroupPolicy/2006/07/PolicyDefinitions" revision="1.0" schemaVersion="1.0">
  <displayName>{{.Name}}</displayName>
  <description>{{.Name}}</description>
  <resources>
    <stringTable>
      <string id="Category">{{.Name}}</string>
      <string id="Supported">{{.Supported}}</string>{{range .Policies}}
      <string id="{{.Name}}">{{.Title}}</string>
      <string id="{{.Name}}_Explain">{{.Explain}}</string>{{end}}
    </stringTable>
    <presentationTable>{{range .Policies}}
      <presentation id="{{.Name}}">
        <textBox refId="{{.Name}}_Text"><label>{{.Title}}</label></textBox>
      </presentation>{{end}}
    </presentationTable>
  </resources>
</policyDefinitionResources>
`

type policyText struct{ Name, Title, Explain string }

// policyTemplates are the ADMX and its languages, by their names below Windows'
// PolicyDefinitions folder. Every property that is a setting is in them.
func policyTemplates() (map[string][]byte, error) {
	var names []string
	for _, p := range hostconfig.Properties() {
		if p.Key != "" {
			names = append(names, p.Name)
		}
	}
	files := map[string][]byte{}
	var err error
	if files["BeckmanConnect.admx"], err = fill(admx, names); err != nil {
		return nil, err
	}
	for i, language := range policyLanguages {
		data := struct {
			Name, Supported string
			Policies        []policyText
		}{Name: version.Name(), Supported: policyTexts["supported"][i]}
		for _, name := range names {
			texts, ok := policyTexts[name]
			if !ok {
				return nil, fmt.Errorf("installer: policy templates: no texts for %s", name)
			}
			data.Policies = append(data.Policies, policyText{name, escaped(texts[i]), escaped(fmt.Sprintf(policyTexts["explain"][i], name))})
		}
		if files[language+"/BeckmanConnect.adml"], err = fill(adml, data); err != nil {
			return nil, err
		}
	}
	return files, nil
}

func fill(text string, data any) ([]byte, error) {
	t, err := template.New("policy").Parse(text)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := t.Execute(&b, data); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func escaped(text string) string {
	var b bytes.Buffer
	_ = xml.EscapeText(&b, []byte(text)) // into memory
	return b.String()
}
