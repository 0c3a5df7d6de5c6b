package cloud

import (
	"cmp"
	"context"
	"time"

	"beckmanconnect/cloud/inventory"
	"beckmanconnect/cloud/mail"
	"beckmanconnect/cloud/registry"
	"beckmanconnect/internal/cloudapi"
)

// eraseEvery is how often devices are looked for whose personal data is to go.
const eraseEvery = time.Hour

// wireRegistry makes the registry's parts.
func (c *Cloud) wireRegistry() error {
	elsewhere, err := c.Registry.elsewhere()
	if err != nil {
		return err
	}
	sender := c.registrySender()
	c.confirmation = registry.NewConfirmation(registry.Confirmation{
		Data: c.data, Mail: sender, URL: c.URL, Require: c.Registry.required(sender != nil), Events: c.events, Log: c.Log, Now: c.Now, Changed: c.tellStanding,
	})
	c.tokens = &registry.Tokens{
		Data: c.data, Host: cmp.Or(c.Registry.TokenHost, c.Names[0]), Life: time.Duration(c.Registry.TokenMinutes) * time.Minute,
		Refuse: c.refuse, Now: c.Now, Log: c.Log,
	}
	c.registry = registry.New(registry.Config{
		Data: c.data, DeviceCA: c.private.Device, Log: c.Log, Now: c.Now, Changed: func() { c.feed.Changed(); c.feed.Noted() },
		PerMinute: c.RegistrationsPerMinute, Burst: c.RegistrationsPerMinute,
		Regions: c.Registry.Regions, Elsewhere: elsewhere, Confirmation: c.confirmation, Events: c.events,
	})
	return nil
}

// wireInventory makes what staff sees and does of the registry; it needs the
// desk, which knows who is signed in.
func (c *Cloud) wireInventory() {
	c.inventory = inventory.New(inventory.Config{
		Data: c.data, Who: c.desk.Who, Networks: c.StaffNetworks, Events: c.events, Log: c.Log, Now: c.Now,
		Changed: c.feed.Changed, Ask: c.confirmation.Wake, EraseAfter: c.Registry.eraseAfter(),
	})
}

// Tokens are the devices' shared access signatures, for who stands in for an
// engine.
func (c *Cloud) Tokens() *registry.Tokens { return c.tokens }

// registrySender is what mails are sent by, nil where there is none.
func (c *Cloud) registrySender() mail.Sender {
	if c.Registry.Mail != nil {
		return c.Registry.Mail
	}
	if c.mail != nil {
		return c.mail
	}
	return nil
}

// tellStanding tells a device how its registration stands, and the consoles
// that it changed.
func (c *Cloud) tellStanding(device string) {
	c.feed.Changed()
	c.tell(device)
}

// tell tells a device how its registration stands. Lost with the connection: it
// is told again after the next one.
func (c *Cloud) tell(device string) {
	s, err := c.confirmation.Standing(context.Background(), device)
	if err == nil {
		err = c.broker.Send(device, cloudapi.KindStanding, s)
	}
	if err != nil {
		c.Log.Warn("a device was not told how its registration stands", "device", device, "error", err)
	}
}

func (c *Cloud) registryHandlers(mux inventory.Mux) {
	mux.Handle(cloudapi.PathConfirm, c.confirmation.ConfirmPage())
	mux.Handle(cloudapi.PathDeviceToken, c.tokens.Handler())
	c.inventory.Register(mux)
}

// eraseDue erases the personal data of devices whose life here has been over
// for long enough, until ctx ends.
func (c *Cloud) eraseDue(ctx context.Context) {
	tick := time.NewTicker(eraseEvery)
	defer tick.Stop()
	for {
		if err := c.inventory.EraseDue(ctx); err != nil && ctx.Err() == nil {
			c.Log.Error("personal data that is due stays", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
