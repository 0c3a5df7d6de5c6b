package mds2

import (
	"fmt"
	"slices"
	"strings"

	"beckmanconnect/internal/auditkinds"
	"beckmanconnect/internal/datasheet"
)

// personalFields are the fields about a person that the vendor's cloud is sent,
// as the data table has them.
func personalFields() string {
	var all []string
	for _, r := range datasheet.Rows() {
		if name := r.Message + ": " + r.Field; r.Personal && r.Direction == datasheet.ToCloud && !slices.Contains(all, name) {
			all = append(all, name)
		}
	}
	return strings.Join(all, "; ")
}

func aboutData() []Section {
	return []Section{
		{"DOC", "Document and device", []Question{
			q("What is it for, and is it a medical device?", No, "Remote support of a laboratory instrument's PC: notifications, support sessions on request, signed upgrades, and a log. It steers no instrument and holds no results.", "docs/architecture.md"),
			q("Is there a network diagram and a list of connections?", Yes, "The network table of this pack: one dialer refuses what does not stand there.", "network table", "internal/endpoints.TestAllowed", "build/stage.TestOutbound443Only"),
			q("Is there a process for coordinated disclosure of vulnerabilities?", No, "None is published with this version."),
		}},
		{"MPII", "Management of personally identifiable information", []Question{
			q("Does it show, store or send personal information?", Yes, "Of staff: who registered the PC, who acted, who helped. Sent to the vendor's cloud: "+personalFields()+".", "data table", "cloud.TestRegistration"),
			q("Does it store patient data?", No, "It keeps none itself. The screen that a technician allows to be seen, a file that is transferred, and lines of a log that a technician sends can hold some. The class of an instrument that nobody named is patient data: no files, no clipboard, no logs.", "service/policy.TestDefaultsRowByRow", "service/policy.TestFilesOnPatientDataInstruments"),
			q("Can the owner see what is sent?", Yes, "Logs are shown first, scrubbed, and sent on a click; the data table names every field.", "data table", "internal/datasheet.TestEveryFieldHasARow"),
			q("Can personal information be erased?", Yes, "In the log on the PC by person, with the log still proving itself. Backups, exports and the cloud's copies are not reached.", "docs/log.md", "store.TestErasePerson"),
			q("Is there a limit to how long the vendor keeps it?", Partly, "Help logs 30 days, presence 400 days; other records have no time limit built in.", "data table"),
		}},
		{"DIDT", "Health data de-identification", []Question{
			q("Are health data taken out before anything is sent?", Partly, "Log lines are scrubbed by the product's and the profile's rules before the technician sees them. A name without a label in front of it stays; the technician is told so.", "service/profile.TestBaseRules"),
		}},
		{"DTBK", "Data backup and disaster recovery", []Question{
			q("Can its data be backed up and restored?", Yes, "The log, encrypted to the hospital's key or a passphrase, while the service runs; restored as an older log beside its witnesses.", "docs/log.md"),
			q("Does it back up the instrument's data?", No, "It can watch how old the instrument's own backup is."),
		}},
		{"IGAU", "Health data integrity and authenticity", []Question{
			q("Are changes of stored data noticed?", Yes, "The log is a Merkle log with signed checkpoints, witnessed by the cloud and, where the policy names one, by the hospital; verified offline. Health data are not stored.", "store.TestRandomChanges", "internal/witness.TestOneHistory"),
		}},
		{"STCF", "Health data storage confidentiality", []Question{
			q("Is what is stored encrypted?", Yes, "Personal fields, notifications and settings with AES-256-GCM; the key is wrapped by a file of the service's account on Linux, by DPAPI on Windows (not yet run on real Windows).", "store/keys.TestSecretRoundTrip", "docs/security.md"),
		}},
		{"AUDT", "Audit controls", []Question{
			q("Are there logs beyond the operating system's?", Yes, fmt.Sprintf("One log of %d kinds of entries, from notifications to each question and answer of a session.", len(auditkinds.All())), "internal/auditkinds.TestTheOneLogIsComplete", "docs/log.md"),
			q("Does an entry say who and when?", Yes, "Who acted, with initials where the site asks for them; the PC's clock, and once cosigned the witness's. Time is not taken from an NTP server by the product; the vendor's signed time is compared.", "service/link.TestOnlySignedTimeCounts"),
			q("Is remote support on record?", Yes, "Each request, engineer, question, answer, file and end, refused and timed-out questions among them.", "service/support.TestNothingWithoutTheLog"),
			q("Is the log protected from change?", Yes, "By proof, not by secrecy: who changes it cannot show the history that was cosigned. What no witness has cosigned yet is the PC's word.", "store.TestRandomChanges", "store.TestOldDatabasePutBack"),
			q("Can it be exported and reviewed by the owner?", Yes, "As JSON lines, CSV and PDF, each proving itself.", "internal/logexport.TestAnExportProvesItself"),
			q("Does it stop when the log cannot be written?", Yes, "Sessions are closed.", "service/support.TestNothingWithoutTheLog", "store.TestDiskFull"),
		}},
	}
}
