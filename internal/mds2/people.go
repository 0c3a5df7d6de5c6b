package mds2

func aboutPeople() []Section {
	return []Section{
		{"ALOF", "Automatic logoff", []Question{
			q("Does access end by itself after some time?", Yes, "A right is given once, for 15 minutes or for the session, and ends with its time, the screen's lock, a switch of user, a lost window, or one key. The PC's own lock is the hospital's.", "service/support.TestWhatDiesOnThePCEndsIt"),
		}},
		{"AUTH", "Authorization", []Question{
			q("Do roles differ in what they may do?", Yes, "Technician, IT, engineer, site, vendor, upgrade service: one table of calls and roles, decided in the service by what the kernel says of the caller.", "ipc/server.TestEveryMethodAndRole"),
			q("Can the owner limit what remote staff may ask?", Yes, "By a signed site policy: staff, organisations, capabilities. The vendor's own policy can only narrow.", "defaults table", "service/policy.TestNothingWidens", "service/policy.TestStaffAllowlist"),
			q("Does a new version bring rights by itself?", No, "What it brings is off until the site's signed policy authorises it.", "service/policy.TestNewCapabilityStaysOff"),
			q("Does the product run without administrator rights?", Yes, "Its service has an account without rights. The upgrade service is the only privileged part, takes a digest and nothing else, and reads from outside only the repository.", "docs/security.md", "ipc/server.TestNoCallCarriesAPathABinaryOrAnAddress"),
		}},
		{"EMRG", "Emergency access", []Question{
			q("Is there a way around the authorization in an emergency?", No, "There is none, and none is needed for the instrument: the product stands beside it."),
		}},
		{"PAUT", "Person authentication", []Question{
			q("Are remote people authenticated one by one?", Yes, "Engineers sign in by OpenID Connect, get a certificate for minutes and one request, and prove the code that the technician read to them.", "cloud.TestSignInRefusals", "service/relay.TestCertificateIsJudgedWhole", "service/relay.TestGuessesInParallel"),
			q("Are people at the PC authenticated?", Partly, "By the PC's log-on. On a shared log-on the site can ask for initials or a PIN; after control was given a PIN is always asked.", "service/relay.TestAfterControlAnAllowNeedsAPIN", "service/pins.TestWaitSurvives"),
			q("Are there default or fixed passwords?", No, "There are none: keys are made at the first start, development roots are refused by release builds.", "internal/trust.TestInitMakesACompleteSet"),
			q("Are wrong tries limited?", Yes, "Codes: five tries, growing waits, support off after 100 in a row; PINs: five lock.", "service/support.TestHundredInARow", "service/support.TestEveryGuessCounts"),
		}},
		{"NAUT", "Node authentication", []Question{
			q("Do both ends of a connection prove who they are?", Yes, "TLS 1.2 or later with the package's own roots and a device certificate; inside a session both ends again, under two authorities.", "session/channel.TestRefused", "service/device.TestRegisterTrustsOnlyTheCloudCA"),
			q("Is the local pipe protected?", Yes, "Both ends ask the kernel who the other is. On Windows to be run on real Windows.", "ipc/pipe.TestListenRefusesSquattedNames", "ipc/pipe.TestTrusted"),
		}},
		{"PLOK", "Physical locks", []Question{
			q("Is the hardware locked?", NotOurs, "The product is software."),
		}},
		{"RMOT", "Remote service", []Question{
			q("Can the device be serviced remotely?", Yes, "Only after a technician at the PC asked for help, read out a code, and said yes to each capability.", "service/support.TestNothingWithoutALiveRight"),
			q("Is each remote session shown to the technician?", Yes, "A bar stands while anybody sees or steers, and one key ends all of it. The window that holds the bar ending ends the session.", "service/relay.TestWhatDiesEndsTheSession"),
			q("Can remote support be switched off?", Yes, "It is off as installed until the terms are accepted; the site's policy, the vendor's policy and IT can each switch it off.", "defaults table", "service/local.TestTermsComeFirst"),
			q("Is a session recorded?", No, "Recording is not built.", "defaults table"),
			q("Can the vendor see the session in its cloud?", No, "The relay carries bytes it has no key for. Whoever serves the hosted console's page could replace it; the engineer's own program has its page on its own disk.", "service/relay.TestTheCloudInBetweenWhenComingBack", "docs/security.md"),
		}},
	}
}
