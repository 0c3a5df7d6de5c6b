package installer

import (
	"crypto"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"beckmanconnect/internal/version"
)

// publisherRules are the rules by which Windows' application control lets the
// product run by who signed it, to be merged into a site's own policy: for App
// Control (WDAC) by the CA and the publisher's name, for AppLocker by the
// publisher's name and the product's. chain is the publisher's certificate, then
// those up to the CA of the trust roots.
func publisherRules(chain []*x509.Certificate) (map[string][]byte, error) {
	if len(chain) < 2 {
		return nil, errors.New("installer: publisher rules: the publisher's certificate and its CA are needed")
	}
	leaf, ca := chain[0], chain[len(chain)-1]
	tbs, err := tbsHash(ca)
	if err != nil {
		return nil, err
	}
	wdacText, err := fill(wdac, map[string]string{"Name": escaped(version.Name()), "CA": escaped(ca.Subject.CommonName), "TBS": tbs, "Publisher": escaped(leaf.Subject.CommonName),
		"PolicyID": guid("wdac", "policy")})
	if err != nil {
		return nil, err
	}
	var rules []map[string]string
	for _, kind := range []string{"Exe", "Dll", "Msi"} {
		rules = append(rules, map[string]string{"Kind": kind, "ID": strings.ToLower(strings.Trim(guid("applocker", kind), "{}")),
			"Name": escaped(version.Name()), "Publisher": escaped(appLockerName(leaf)), "Product": escaped(strings.ToUpper(version.Name()))})
	}
	appLockerText, err := fill(appLocker, rules)
	return map[string][]byte{"wdac-publisher.xml": wdacText, "applocker-publisher.xml": appLockerText}, err
}

// tbsHash is what App Control knows a CA by: the hash of what was signed in its
// certificate, by the hash that the signature is over.
func tbsHash(c *x509.Certificate) (string, error) {
	hash := map[x509.SignatureAlgorithm]crypto.Hash{
		x509.SHA256WithRSA: crypto.SHA256, x509.SHA384WithRSA: crypto.SHA384, x509.SHA512WithRSA: crypto.SHA512,
		x509.ECDSAWithSHA256: crypto.SHA256, x509.ECDSAWithSHA384: crypto.SHA384, x509.ECDSAWithSHA512: crypto.SHA512,
	}[c.SignatureAlgorithm]
	if hash == 0 {
		return "", fmt.Errorf("installer: publisher rules: %v is nothing application control knows", c.SignatureAlgorithm)
	}
	h := hash.New()
	h.Write(c.RawTBSCertificate)
	return strings.ToUpper(hex.EncodeToString(h.Sum(nil))), nil
}

// appLockerName is a publisher as AppLocker names it: organisation, place, state
// and country, in capitals.
func appLockerName(c *x509.Certificate) string {
	var parts []string
	for _, p := range []struct {
		name   string
		values []string
	}{{"O", c.Subject.Organization}, {"L", c.Subject.Locality}, {"S", c.Subject.Province}, {"C", c.Subject.Country}} {
		for _, v := range slices.Sorted(slices.Values(p.values)) {
			parts = append(parts, p.name+"="+strings.ToUpper(v))
		}
	}
	return strings.Join(parts, ", ")
}

const wdac = `<?xml version="1.0" encoding="utf-8"?>
<SiPolicy xmlns="urn:schemas-microsoft-com:sipolicy" PolicyType="Base Policy">
  <VersionEx>1.0.0.0</VersionEx>
  <PlatformID>{2E07F7E4-194C-4D20-B7C9-6F44A6C5A234}</PlatformID>
  <BasePolicyID>{{.PolicyID}}</BasePolicyID>
  <PolicyID>{{.PolicyID}}</PolicyID>
  <Rules>
    <Rule><Option>Enabled:Unsigned System Integrity Policy</Option></Rule>
    <Rule><Option>Enabled:Audit Mode</Option></Rule>
    <Rule><Option>Enabled:UMCI</Option></Rule>
  </Rules>
  <EKUs/>
  <FileRules/>
  <Signers>
    <Signer ID="ID_SIGNER_BECKMANCONNECT" Name="{{.CA}}">
      <CertRoot Type="TBS" Value="{{.TBS}}"/>
      <CertPublisher Value="{{.Publisher}}"/>
    </Signer>
  </Signers>
  <SigningScenarios>
    <SigningScenario Value="12" ID="ID_SIGNINGSCENARIO_USER" FriendlyName="{{.Name}}">
      <ProductSigners>
        <AllowedSigners>
          <AllowedSigner SignerId="ID_SIGNER_BECKMANCONNECT"/>
        </AllowedSigners>
      </ProductSigners>
    </SigningScenario>
  </SigningScenarios>
  <UpdatePolicySigners/>
  <CiSigners>
    <CiSigner SignerId="ID_SIGNER_BECKMANCONNECT"/>
  </CiSigners>
  <HvciOptions>0</HvciOptions>
</SiPolicy>
`

const appLocker = `<?xml version="1.0" encoding="utf-8"?>
<AppLockerPolicy Version="1">{{range .}}
  <RuleCollection Type="{{.Kind}}" EnforcementMode="NotConfigured">
    <FilePublisherRule Id="{{.ID}}" Name="{{.Name}}" Description="Signed by the publisher" UserOrGroupSid="S-1-1-0" Action="Allow">
      <Conditions>
        <FilePublisherCondition PublisherName="{{.Publisher}}" ProductName="{{.Product}}" BinaryName="*">
          <BinaryVersionRange LowSection="*" HighSection="*"/>
        </FilePublisherCondition>
      </Conditions>
    </FilePublisherRule>
  </RuleCollection>{{end}}
</AppLockerPolicy>
`
