package cloud

import (
	"fmt"

	"beckmanconnect/cloud/mail"
)

// Mail is the [mail] table: how the cloud writes to people.
//
//	server = "smtp.vendor.example:587"
//	tls = "starttls"                # or "implicit"; "none" for a server on loopback
//	from = "Remote Support <no-reply@vendor.example>"
//	user = "…"                      # absent: the server asks for none
//	password_file = "/etc/beckmanconnect-cloud/mail-password"
//	ca = "…"                        # absent: the system's certificates
type Mail struct {
	Server       string `toml:"server"` // absent: there is no mail
	TLS          string `toml:"tls"`
	From         string `toml:"from"`
	User         string `toml:"user"`
	PasswordFile string `toml:"password_file"`
	CA           string `toml:"ca"`
}

func (m Mail) server() mail.Server {
	return mail.Server{Address: m.Server, TLS: m.TLS, From: m.From, User: m.User, PasswordFile: m.PasswordFile, CA: m.CA}
}

func (m Mail) check() error {
	if m == (Mail{}) {
		return nil
	}
	if err := m.server().Check(); err != nil {
		return fmt.Errorf("[mail]: %w", err)
	}
	return nil
}

// newMail makes the queue, nil when there is no mail server.
func (c *Cloud) newMail() *mail.Queue {
	if c.Mail.Server == "" {
		return nil
	}
	return mail.NewQueue(mail.QueueConfig{Store: c.data, Transport: mail.SMTP{Server: c.Mail.server()}, Events: c.events, Log: c.Log, Now: c.Now})
}
