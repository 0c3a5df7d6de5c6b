package main

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/pbkdf2"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"strings"
)

// readPrivateKey reads an RSA key in PEM form: PKCS #8 or #1, or PKCS #8
// encrypted as "openssl pkcs8 -topk8" and "openssl genpkey -aes256" do.
func readPrivateKey(path, passphraseFile string) (*rsa.PrivateKey, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	clear(text)
	if block == nil {
		return nil, fmt.Errorf("%s holds no PEM block", path)
	}
	der := block.Bytes
	defer clear(der)
	switch block.Type {
	case "RSA PRIVATE KEY":
		if block.Headers["DEK-Info"] != "" {
			return nil, fmt.Errorf("%s is encrypted in the old way; convert it: openssl pkcs8 -topk8 -v2 aes256 -in %s -out NEW", path, path)
		}
		return x509.ParsePKCS1PrivateKey(der)
	case "PRIVATE KEY":
	case "ENCRYPTED PRIVATE KEY":
		if passphraseFile == "" {
			return nil, fmt.Errorf("%s is encrypted; name a file with its passphrase: --passphrase-file FILE", path)
		}
		passphrase, err := os.ReadFile(passphraseFile)
		if err != nil {
			return nil, err
		}
		if der, err = decryptPKCS8(der, strings.TrimRight(string(passphrase), "\r\n")); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		clear(passphrase)
	default:
		return nil, fmt.Errorf("%s holds a PEM block %q; a private key is needed", path, block.Type)
	}
	key, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	private, ok := key.(*rsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("%s holds a key that is not RSA", path)
	}
	return private, nil
}

// The parts of PBES2 (RFC 8018, A.4), as OpenSSL writes them.
type (
	encryptedKey struct {
		Algorithm pkix.AlgorithmIdentifier
		Data      []byte
	}
	pbes2Params  struct{ KDF, Scheme pkix.AlgorithmIdentifier }
	pbkdf2Params struct {
		Salt       []byte
		Iterations int
		KeyLength  int                      `asn1:"optional"`
		PRF        pkix.AlgorithmIdentifier `asn1:"optional"`
	}
)

var (
	oidPBES2      = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 13}
	oidPBKDF2     = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 12}
	oidHMACSHA256 = asn1.ObjectIdentifier{1, 2, 840, 113549, 2, 9}
	oidAES256CBC  = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 1, 42}
)

const maxIterations = 10_000_000

var (
	errOtherCipher = errors.New("it is encrypted in a way that is not known here; convert it: openssl pkcs8 -topk8 -v2 aes256")
	errPassphrase  = errors.New("the passphrase does not open it")
)

func decryptPKCS8(der []byte, passphrase string) ([]byte, error) {
	var k encryptedKey
	var p pbes2Params
	var kdf pbkdf2Params
	var iv []byte
	if !exactly(der, &k) || !k.Algorithm.Algorithm.Equal(oidPBES2) || !exactly(k.Algorithm.Parameters.FullBytes, &p) ||
		!exactly(p.KDF.Parameters.FullBytes, &kdf) || !exactly(p.Scheme.Parameters.FullBytes, &iv) {
		return nil, errOtherCipher
	}
	if !p.KDF.Algorithm.Equal(oidPBKDF2) || !kdf.PRF.Algorithm.Equal(oidHMACSHA256) || !p.Scheme.Algorithm.Equal(oidAES256CBC) || len(iv) != aes.BlockSize ||
		kdf.Iterations < 1 || kdf.Iterations > maxIterations || len(k.Data) == 0 || len(k.Data)%aes.BlockSize != 0 {
		return nil, errOtherCipher
	}
	key, err := pbkdf2.Key(sha256.New, passphrase, kdf.Salt, kdf.Iterations, 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	plain := make([]byte, len(k.Data))
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(plain, k.Data)
	pad := int(plain[len(plain)-1])
	if pad < 1 || pad > aes.BlockSize {
		return nil, errPassphrase
	}
	plain = plain[:len(plain)-pad]
	if _, err := x509.ParsePKCS8PrivateKey(plain); err != nil {
		return nil, errPassphrase
	}
	return plain, nil
}

// exactly reads a value that is all of der.
func exactly(der []byte, to any) bool {
	rest, err := asn1.Unmarshal(der, to)
	return err == nil && len(rest) == 0
}
