package mds2

import (
	"strings"

	"beckmanconnect/internal/hostconfig"
)

// settable are the names of what an installation may set.
func settable() string {
	var names []string
	for _, p := range hostconfig.Properties() {
		names = append(names, p.Name)
	}
	return strings.Join(names, ", ")
}

func aboutPrograms() []Section {
	return []Section{
		{"CSUP", "Cyber security product upgrades", []Question{
			q("Are upgrades signed and verified?", Yes, "TUF metadata with 2 of 3 root keys and 2 of 2 targets keys, the publisher's signature over the manifest, and on Windows each program's Authenticode; verified again right before the switch.", "service/upgrade/source.TestSignedButNotOurs", "service/upgrade.TestSwappedFile", "build/hostile.TestHostileMirror"),
			q("Who decides when one is installed?", Yes, "The technician by a click, or IT by policy with hours; never in a session, and in a run only with a second yes.", "docs/it-guide.md"),
			q("Does a failed upgrade go back?", Yes, "The version before comes back by itself, also after a power cut at any write.", "service/upgrade.TestKilledAtEachWrite"),
			q("Can an old version be put back by an attacker?", No, "Versions of the metadata that were seen are remembered; an older package does not change which version runs.", "service/upgrade/source.TestWithdrawn", "service/upgrade.TestAdopt"),
			q("Does the product patch the operating system?", NotOurs, "It patches itself only."),
		}},
		{"MLDP", "Malware detection and protection", []Question{
			q("Are files scanned?", Yes, "Every file of a session by the PC's scanner (clamd; AMSI on Windows, not yet run on real Windows), before anybody is asked about it. Without a scanner no file passes. Files are end to end and reach no server in clear.", "docs/security.md"),
			q("Can the hospital's antivirus run beside it?", Partly, "Nothing in it needs to be excepted by design; which products it was tried with is not on record, and on real Windows none was.", "docs/windows.md"),
			q("Can application control (allow lists) be used?", Yes, "By publisher or by digest: the programs of a version are signed and listed with their SHA-256 in this pack.", "programs table", "docs/it-guide.md"),
		}},
		{"RDMP", "Roadmap for third-party components", []Question{
			q("Are third-party components known and kept?", Yes, "Pinned in go.mod and listed with their licences; the bill of materials is read out of the programs themselves.", "build/notices.TestNoticesAreCurrent", "SBOM"),
			q("Is there a published plan of support times?", No, "None is published with this version."),
		}},
		{"SBOM", "Software bill of materials", []Question{
			q("Is there one, in a standard form?", Yes, "CycloneDX 1.6 in this pack, of the programs on this PC where they are installed.", "SBOM", "build/pack.TestSBOM"),
		}},
		{"SAHD", "System and application hardening", []Question{
			q("Does anything listen on the network?", No, "Nothing does.", "ipc/server.TestNothingForTheWeb", "build/stage.TestOutbound443Only", "internal/house.TestNothingOfTheFarSideIsLinked"),
			q("Are there accounts that are not needed?", No, "One service account without a password or a log-on.", "docs/it-guide.md"),
			q("Can the installation be set up without weakening it?", Yes, "What may be set: "+settable()+". None of it says whom to trust.", "internal/hostconfig.TestOneClearLine", "docs/it-guide.md"),
			q("Are programs loaded only from protected folders?", Yes, "Folders that others can write, or replace from above, install and run nothing. On Windows to be run on real Windows.", "internal/rights.TestFolder", "service/upgrade.TestPlanted"),
			q("Does it depend on software it does not bring?", Partly, "The operating system; on Linux a malware scanner for files."),
		}},
		{"SGUD", "Security guidance", []Question{
			q("Is there guidance for the owner?", Yes, "IT guide, security page with what remains, and the doctor: one command that checks this PC.", "docs/it-guide.md", "docs/security.md", "cmd/beckmanctl.TestDoctorFindsWhatIsBroken"),
			q("Can data be removed at the end of life?", Yes, "Removing the package keeps the log unless it is asked to remove it; keys are removed with the data. Media are the hospital's to wipe.", "docs/it-guide.md"),
		}},
	}
}
