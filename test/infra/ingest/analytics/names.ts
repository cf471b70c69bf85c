import { createSocket, type Socket } from 'node:dgram';

/** A name server on 127.0.0.1 that answers every question for an address with one that can be changed; answers live a second. */
export class NameServer {
  address = '127.0.0.1';
  questions = 0;
  readonly #socket: Socket = createSocket('udp4');

  async start(): Promise<string> {
    this.#socket.on('message', (question, sender) => {
      this.questions += 1;
      this.#socket.send(this.#answer(question), sender.port, sender.address);
    });
    await new Promise<void>((resolve) => this.#socket.bind(0, '127.0.0.1', resolve));
    return `127.0.0.1:${this.#socket.address().port}`;
  }

  stop(): void {
    this.#socket.close();
  }

  /** RFC 1035, 4.1: header, the question as it came, one A record that refers to its name. */
  #answer(question: Buffer): Buffer {
    const asked = question.subarray(12, question.indexOf(0, 12) + 5);
    const header = Buffer.from([question[0]!, question[1]!, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0]);
    const record = [0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, ...this.address.split('.').map(Number)];
    return Buffer.concat([header, asked, Buffer.from(record)]);
  }
}
