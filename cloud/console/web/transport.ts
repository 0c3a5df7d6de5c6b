// The two ways to the engineer's end of the channel. Both carry a type and a
// payload and know nothing of what is in them.

export interface Transport {
  send(kind: number, payload: Uint8Array): Promise<void>;
}

export type Receive = (kind: number, payload: Uint8Array) => void;

interface Port {
  ready(): void;
  failed(why: string): void;
  receive: Receive;
  send?: (kind: number, payload: Uint8Array) => Promise<void>;
}

declare class Go {
  importObject: WebAssembly.Imports;
  run(instance: WebAssembly.Instance): Promise<void>;
}

/** Hosted: the channel ends in this worker, in WASM. */
export async function wasm(receive: Receive): Promise<Transport> {
  const go = new Go();
  const { instance } = await WebAssembly.instantiateStreaming(fetch("/assets/main.wasm"), go.importObject);
  return new Promise((resolve, reject) => {
    const port: Port = {
      ready: () => resolve({ send: (kind, payload) => port.send!(kind, payload) }),
      failed: (why) => reject(new Error(why)),
      receive,
    };
    (globalThis as unknown as { beckmanconnect: Port }).beckmanconnect = port;
    go.run(instance).then(() => reject(new Error("the channel's program ended")), reject);
  });
}

/** On the engineer's own machine: beckmanconnect-desk ends the channel. */
export function desk(receive: Receive, closed: () => void): Promise<Transport> {
  const url = new URL("/desk/session", location.href);
  url.protocol = "ws:";
  const socket = new WebSocket(url);
  socket.binaryType = "arraybuffer";
  socket.onmessage = (event: MessageEvent<ArrayBuffer>) => {
    const data = new Uint8Array(event.data);
    receive(data[0]!, data.subarray(1));
  };
  return new Promise((resolve, reject) => {
    socket.onclose = () => {
      reject(new Error("beckmanconnect-desk does not answer"));
      closed();
    };
    socket.onopen = () => resolve({
      async send(kind, payload) {
        if (socket.readyState !== WebSocket.OPEN) throw new Error("beckmanconnect-desk is gone");
        const frame = new Uint8Array(1 + payload.length);
        frame[0] = kind;
        frame.set(payload, 1);
        socket.send(frame);
      },
    });
  });
}
