// Package trust is what a BeckmanConnect program believes without being told:
// the roots that came with the package. Addresses may be set at installation,
// trust roots never (docs: "Addresses set at installation never replace trust
// roots").
//
// A folder of roots holds
//
//	roots.toml       which set this is, and whether it is a development set
//	cloud-ca.pem     above the cloud's TLS certificate
//	device-ca.pem    above device certificates (path length 1: a device signs
//	                 its own session certificates and nothing more)
//	staff-ca.pem     above engineers' certificates (RSA-4096, P10)
//	policy.pub       verifier of site policies, x/mod note form
//	vendor.pub       verifier of signed time and messages, x/mod note form
//	witness.pub      cosignature/v1 verifier of the cloud as witness of device logs
//	tuf-root.json    first root of the upgrade repository
//	code-ca.pem      above the certificates that sign releases; roots.toml names
//	                 the one publisher that may, and certificates that were revoked
//
// Init makes a development set with the private halves beside it. A build with
// the tag "production" refuses such a set.
package trust

// Names of the files in a folder of roots.
const (
	FileRoots    = "roots.toml"
	FileCloudCA  = "cloud-ca.pem"
	FileDeviceCA = "device-ca.pem"
	FileStaffCA  = "staff-ca.pem"
	FilePolicy   = "policy.pub"
	FileVendor   = "vendor.pub"
	FileWitness  = "witness.pub"
	FileTUFRoot  = "tuf-root.json"
	FileCodeCA   = "code-ca.pem"
)

// DevelopmentOrganisation is in the subject of every development CA, so that a
// renamed folder does not hide what it is.
const DevelopmentOrganisation = "BeckmanConnect Development"
