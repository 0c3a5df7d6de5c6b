package codesign

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"time"

	"beckmanconnect/internal/trust"
)

// SelfTest has a publisher made for the moment sign a manifest, and the gate
// take it and refuse it once it was changed. A new version of the upgrade
// service runs it before it becomes current.
func SelfTest() error {
	g := Gate{Roots: x509.NewCertPool(), Publisher: trust.Publisher{Organisation: "self-test", Name: "self-test"}, Product: "self-test"}
	ca, caKey, err := momentary(nil, nil)
	if err != nil {
		return err
	}
	g.Roots.AddCert(ca)
	cert, key, err := momentary(ca, caKey)
	if err != nil {
		return err
	}
	manifest := []byte(`{"product":"self-test"}`)
	signature, err := Sign(manifest, []*x509.Certificate{cert}, key)
	if err != nil {
		return err
	}
	if err := g.Manifest(manifest, signature); err != nil {
		return err
	}
	if err := g.Manifest(append(manifest, '\n'), signature); !errors.Is(err, ErrRefused) {
		return errors.New("codesign: a changed manifest was accepted")
	}
	return nil
}

// momentary makes a CA, or a publisher's certificate under one.
func momentary(ca *x509.Certificate, caKey *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		Subject:  pkix.Name{Organization: []string{"self-test"}, CommonName: "self-test"},
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageCodeSigning},
	}
	if ca == nil {
		template.IsCA, template.BasicConstraintsValid, template.KeyUsage, template.ExtKeyUsage = true, true, x509.KeyUsageCertSign, nil
		ca, caKey = template, key
	} else {
		template.SerialNumber = big.NewInt(2)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, ca, key.Public(), caKey)
	if err != nil {
		return nil, nil, err
	}
	cert, err := x509.ParseCertificate(der)
	return cert, key, err
}
