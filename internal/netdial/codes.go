package netdial

// Codes of why the cloud cannot be reached. They are stable: windows translate
// them as "link.code.<code>".
const (
	CodeDNS                = "dns"
	CodeClock              = "clock"
	CodeInspection         = "inspection"
	CodePortal             = "portal"
	CodeNoTLS              = "no-tls"
	CodeOldTLS             = "old-tls"
	CodeRevoked            = "revoked"
	CodeCertificateRefused = "certificate-refused"
	CodeRefused            = "refused"
	CodeUnreachable        = "unreachable"
	CodeNoAnswer           = "no-answer"
	CodeEndpoint           = "endpoint"
	CodeCloudBusy          = "cloud-busy"
	CodeNotTheCloud        = "not-the-cloud"
	CodeLost               = "lost"

	CodeProxySettings    = "proxy-settings"
	CodeProxyPAC         = "proxy-pac"
	CodeProxyUnreachable = "proxy-unreachable"
	CodeProxyAuth        = "proxy-auth"
	CodeProxyDenied      = "proxy-denied"
	CodeProxyLoop        = "proxy-loop"
	CodeProxyScheme      = "proxy-scheme"
	CodeProxyBlocked     = "proxy-blocked"
	CodeProxyFailed      = "proxy-failed"
)

// Code is one of them with what it means and what to do, in English. Retry says
// how it is tried again.
type Code struct{ Code, Means, Do string }

// Codes are all of them, in the order of the documentation.
var Codes = []Code{
	{CodeDNS, "the cloud's name cannot be resolved", "check the network and DNS"},
	{CodeUnreachable, "there is no way to the cloud's address", "check the network cable and the gateway"},
	{CodeRefused, "nothing answers at the cloud's address", "have the firewall let this PC through to port 443"},
	{CodeNoAnswer, "the cloud does not answer in time", "have the firewall let this PC through to port 443"},
	{CodeClock, "the cloud's certificate does not fit this PC's clock", "check date and time"},
	{CodeInspection, "the network opens encrypted connections and shows a certificate of its own", "have the cloud's host excepted from TLS inspection"},
	{CodePortal, "what answers is not the cloud but a log-in page of the network, or another server", "log in to the network, or have IT let this PC through without"},
	{CodeNoTLS, "what answers does not speak TLS; a proxy or a log-in page may be in between", "have the firewall let this PC through to port 443"},
	{CodeOldTLS, "what answers speaks no TLS of version 1.2 or later", "have the device in between updated, or the cloud's host excepted from it"},
	{CodeRevoked, "the cloud's certificate was revoked", "tell the vendor; nothing is sent meanwhile"},
	{CodeCertificateRefused, "the cloud does not accept this PC's certificate", "register again"},
	{CodeNotTheCloud, "what answers is not the cloud's message service", "check cloud.url, or have the proxy let WebSocket through"},
	{CodeCloudBusy, "the cloud is busy or being maintained", "wait; it is tried again"},
	{CodeLost, "the connection to the cloud was lost", "wait; it is tried again"},
	{CodeEndpoint, "the address is not one that this PC may dial", "check cloud.url and the region, or have the site's policy name the host"},
	{CodeProxySettings, "the proxy that is set cannot be used", "correct [cloud.proxy], or the system's setting"},
	{CodeProxyPAC, "the proxy is chosen by a PAC script that cannot be used", "set the proxy's own address under [cloud.proxy]"},
	{CodeProxyUnreachable, "the proxy does not answer", "check its address under [cloud.proxy], or the system's setting"},
	{CodeProxyAuth, "the proxy asks for a log-in that is not configured", "set user and password_file under [cloud.proxy], or have this PC let through without"},
	{CodeProxyDenied, "the proxy refused the log-in", "correct user and password_file under [cloud.proxy]; it is tried again after ten minutes, so that no account is locked"},
	{CodeProxyLoop, "the proxy goes on asking for a log-in", "have the proxy let this PC through without a log-in; it is tried again after ten minutes"},
	{CodeProxyScheme, "the proxy asks for a log-in of a kind that this PC does not have", "set user and password_file for NTLM or Basic, or have this PC let through without"},
	{CodeProxyBlocked, "the proxy does not let this PC through to the cloud", "have the proxy let CONNECT to the cloud's host, port 443"},
	{CodeProxyFailed, "the proxy cannot reach the cloud", "check the proxy's own way out and its DNS"},
}

// Find gives the row of a code.
func Find(code string) (Code, bool) {
	for _, c := range Codes {
		if c.Code == code {
			return c, true
		}
	}
	return Code{}, false
}
