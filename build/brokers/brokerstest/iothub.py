"""The AMQP side of an IoT hub for tests, on Apache Qpid Proton: the links of the
service ("hub"), or the Event Hubs-compatible endpoint ("events"), as Microsoft
documents them. TLS and SASL end before it. Orders come as lines of JSON on
standard input, and what happens goes out so.

    python3 iothub.py hub
    python3 iothub.py events HOST NAME POLICY KEY PARTITIONS
"""
import base64, hashlib, hmac, json, re, sys, threading, time
from urllib.parse import unquote_plus

from proton import Array, Condition, Data, Delivery, Message, UNDESCRIBED, int32, symbol
from proton.handlers import MessagingHandler
from proton.reactor import ApplicationEvent, Container, EventInjector


def say(**what):
    print(json.dumps(what), flush=True)


class Peer(MessagingHandler):
    def __init__(self):
        super().__init__(auto_accept=False, auto_settle=True, prefetch=100)
        self.connections = set()

    def on_start(self, event):
        self.container = event.container
        self.acceptor = event.container.listen("127.0.0.1:0")
        injector = EventInjector()
        event.container.selectable(injector)
        threading.Thread(target=self.orders, args=(injector,), daemon=True).start()
        say(port=self.acceptor._selectable._delegate.getsockname()[1])

    def orders(self, injector):
        for line in sys.stdin:
            injector.trigger(ApplicationEvent("order", subject=json.loads(line)))
        injector.trigger(ApplicationEvent("order", subject={"end": True}))

    def on_order(self, event):
        order = event.subject
        if order.get("end"):
            self.acceptor.close()
            self.container.stop()
        elif order.get("cut"):
            for c in list(self.connections):
                c.close()
        else:
            self.order(order)

    def on_connection_opening(self, event):
        self.connections.add(event.connection)
        self.opened(event.connection)

    def opened(self, connection):
        pass

    def on_disconnected(self, event):
        self.connections.discard(event.connection)

    def on_connection_closed(self, event):
        self.connections.discard(event.connection)

    def on_link_opening(self, event):
        link = event.link
        link.source.copy(link.remote_source)
        link.target.copy(link.remote_target)
        condition = self.attach(link, link.remote_source.address if link.is_sender else link.remote_target.address)
        if condition:
            link.condition = condition
            link.close()

    def refuse(self, event, name, text):
        event.delivery.local.condition = Condition(name, text)
        self.settle(event.delivery, Delivery.REJECTED)


class Events(Peer):
    def __init__(self, host, name, policy, key, partitions):
        super().__init__()
        self.host, self.name, self.policy, self.key = host, name, policy, base64.b64decode(key)
        self.streams = {str(i): [] for i in range(int(partitions))}
        self.readers = {}  # by partition: link, epoch, position

    def order(self, order):
        partition = order["partition"]
        if order.get("rewind"):
            self.readers[partition]["next"] = 0
        else:
            self.streams[partition].append(order)
        self.pump(partition)

    def may(self, link, path):
        return "amqps://%s/%s" % (self.host, path) in link.connection.shown

    def attach(self, link, address):
        if link.is_receiver:  # it asks something
            if address == "$cbs" or address == self.name + "/$management" and self.may(link, address):
                return None
            return Condition("amqp:unauthorized-access", "no token for " + str(address))
        if address == "$cbs" or address == self.name + "/$management":
            link.connection.answers[link.remote_target.address] = link
            return None
        m = re.fullmatch(re.escape(self.name) + r"/ConsumerGroups/([^/]+)/Partitions/(\d+)", address or "")
        if not m or m.group(2) not in self.streams:
            return Condition("amqp:not-found", "no such entity")
        if not self.may(link, address):
            return Condition("amqp:unauthorized-access", "no token for " + address)
        partition, selector, epoch = m.group(2), self.selector(link), (link.remote_properties or {}).get("com.microsoft:epoch")
        n = re.fullmatch(r"amqp\.annotation\.x-opt-(offset|sequence-number) > '(-?\d+)'", selector or "")
        if not n or epoch is None:
            return Condition("amqp:invalid-field", "filter %r, epoch %r" % (selector, epoch))
        before = self.readers.get(partition)
        if before and before["epoch"] > epoch:
            return Condition("amqp:link:stolen", "a reader of a higher epoch is there")
        if before:
            before["link"].condition = Condition("amqp:link:stolen", "a reader of a higher epoch came")
            before["link"].close()
        # Offsets and numbers count alike here, from 0.
        self.readers[partition] = {"link": link, "epoch": epoch, "next": int(n.group(2)) + 1}
        say(opened=partition, group=m.group(1), filter=selector, epoch=int(epoch))
        return None

    @staticmethod
    def selector(link):
        f = link.remote_source.filter
        f.rewind()
        if f.next() is None:
            return None
        for value in f.get_object().values():
            return getattr(value, "value", None)

    def on_sendable(self, event):
        for partition, r in self.readers.items():
            if r["link"] == event.link:
                self.pump(partition)

    def on_link_closed(self, event):
        for partition, r in list(self.readers.items()):
            if r["link"] == event.link:
                del self.readers[partition]

    def on_disconnected(self, event):
        super().on_disconnected(event)
        for partition, r in list(self.readers.items()):
            if r["link"].connection == event.connection:
                del self.readers[partition]

    def opened(self, connection):
        connection.shown, connection.answers = set(), {}  # audiences; links by address

    def pump(self, partition):
        r = self.readers.get(partition)
        while r and r["link"].credit > 0 and r["next"] < len(self.streams[partition]):
            e, n = self.streams[partition][r["next"]], r["next"]
            m = Message(body=e["body"].encode(), inferred=True, properties=e.get("properties") or None, annotations={
                symbol("x-opt-sequence-number"): n, symbol("x-opt-offset"): str(n),
                **{symbol(k): v for k, v in (e.get("annotations") or {}).items()}})
            r["link"].send(m)
            r["next"] += 1

    def on_message(self, event):
        self.settle(event.delivery, Delivery.ACCEPTED)
        m = event.message
        link = event.link.connection.answers.get(m.reply_to)
        if event.link.remote_target.address == "$cbs":
            code, text, body = self.put(event.link.connection, m)
        elif m.properties.get("operation") == "READ" and m.properties.get("type") == "com.microsoft:eventhub" and m.properties.get("name") == self.name:
            code, text, body = 200, "OK", {"name": self.name, "partition_ids": Array(UNDESCRIBED, Data.STRING, *self.streams)}
        else:
            code, text, body = 404, "no such entity", None
        if link:
            # Before each answer comes one that somebody gave up waiting for.
            link.send(Message(correlation_id="of another request", properties={"status-code": int32(401), "status-description": "too late"}))
            link.send(Message(correlation_id=m.id, body=body, properties={"status-code": int32(code), "status-description": text}))

    def put(self, connection, m):
        if m.properties.get("operation") != "put-token" or m.properties.get("type") != "servicebus.windows.net:sastoken":
            return 400, "no token", None
        fields = dict(f.split("=", 1) for f in m.body.split(" ", 1)[1].split("&"))
        audience = m.properties.get("name")
        signature = base64.b64encode(hmac.new(self.key, (fields["sr"] + "\n" + fields["se"]).encode(), hashlib.sha256).digest()).decode()
        if unquote_plus(fields["sig"]) != signature or fields.get("skn") != self.policy or unquote_plus(fields["sr"]) != audience.lower() or int(fields["se"]) < time.time():
            say(refused=audience)
            return 401, "InvalidSignature", None
        connection.shown.add(audience)
        return 202, "Accepted", None


class Hub(Peer):
    def __init__(self):
        super().__init__()
        self.busy, self.results, self.feedback, self.open, self.number = 0, [], [], {}, 0

    def order(self, order):
        if "busy" in order:
            self.busy = order["busy"]
        if "taken" in order:
            self.results.append(order["taken"])
            self.pump()

    def attach(self, link, address):
        if link.is_receiver and address == "/messages/devicebound":
            return None
        if link.is_sender and address == "/messages/serviceBound/feedback":
            self.feedback.append(link)
            return None
        return Condition("amqp:not-found", "no such link: " + str(address))

    def on_sendable(self, event):
        self.pump()

    def on_link_closed(self, event):
        if event.link in self.feedback:
            self.feedback.remove(event.link)

    def on_disconnected(self, event):
        super().on_disconnected(event)
        self.feedback = [l for l in self.feedback if l.connection != event.connection]

    def pump(self):
        for link in self.feedback:
            while self.results and link.credit > 0:
                records = self.results.pop(0)
                self.number += 1
                delivery = link.send(Message(body=json.dumps(records).encode(), inferred=True, content_type="application/vnd.microsoft.iothub.feedback.json"), tag=str(self.number))
                self.open[delivery.tag] = records

    def on_accepted(self, event):
        say(feedback="accepted")
        self.open.pop(event.delivery.tag, None)

    def on_released(self, event):
        say(feedback="released")
        self.results.append(self.open.pop(event.delivery.tag))
        self.pump()

    def on_message(self, event):
        m = event.message
        if self.busy > 0:
            self.busy -= 1
            return self.refuse(event, "amqp:resource-limit-exceeded", "too many in a second")
        body = m.body.tobytes() if isinstance(m.body, memoryview) else m.body
        if not re.fullmatch(r"/devices/[^/]+/messages/devicebound", m.address or "") or not isinstance(body, bytes) or len(body) > 64 << 10:
            return self.refuse(event, "amqp:not-found", "no such device")
        self.settle(event.delivery, Delivery.ACCEPTED)
        say(down={"to": m.address, "id": m.id or "", "ack": (m.properties or {}).get("iothub-ack", ""), "life": m.expiry_time - time.time(), "body": body.decode()})


if __name__ == "__main__":
    peer = Hub() if sys.argv[1] == "hub" else Events(*sys.argv[2:])
    Container(peer).run()
