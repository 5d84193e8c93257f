type Body = "body" | "bodyUsed" | "text" | "json" | "arrayBuffer" | "bytes" | "blob" | "formData" | "clone";
type Content = Uint8Array<ArrayBuffer> | string;
/** What says of the content what it is. */
type About = Pick<ResponseInit, "status" | "headers">;

/**
 * A Response whose body is here already. Node's own makes a stream of it, reads that to its end and joins what it read in the pool of small
 * buffers, 64 KB of which are kept by whichever answer is the last one there: over a million rows of a batch that is most of what they cost.
 */
export function wholeAnswer(content: Content, about: About): Response {
  return new (answers ??= answerClass())(content, about);
}

let answers: ReturnType<typeof answerClass> | undefined;

/** Made with the first answer: to name Node's `Response` loads its HTTP client, which no start is to wait for. */
function answerClass() {
  /** TypeScript declares as properties what are accessors and methods. */
  const Plain = Response as unknown as new (body: null, init: ResponseInit) => Omit<Response, Body>;
  return class WholeAnswer extends Plain {
    readonly #content: Content;
    #used = false;

    constructor(content: Content, init: About) {
      super(null, init);
      this.#content = content;
    }

    get bodyUsed(): boolean {
      return this.#used;
    }

    get body(): ReadableStream<Uint8Array<ArrayBuffer>> | null {
      return this.#asResponse().body;
    }

    async text(): Promise<string> {
      const content = this.#take();
      return typeof content === "string" ? content : decoder.decode(content);
    }

    async json(): Promise<unknown> {
      return JSON.parse(await this.text());
    }

    async arrayBuffer(): Promise<ArrayBuffer> {
      return this.#asResponse().arrayBuffer();
    }

    async bytes(): ReturnType<Response["bytes"]> {
      return this.#asResponse().bytes();
    }

    async blob(): Promise<Blob> {
      return this.#asResponse().blob();
    }

    async formData(): Promise<FormData> {
      return this.#asResponse().formData();
    }

    clone(): Response {
      if (this.#used) throw new TypeError("the body was read");
      return new WholeAnswer(this.#content, { status: this.status, headers: this.headers });
    }

    /** For whoever wants the body in another way than as text. */
    #asResponse(): Response {
      return new Response(this.#take(), { status: this.status, headers: this.headers });
    }

    #take(): Uint8Array<ArrayBuffer> | string {
      if (this.#used) throw new TypeError("the body was read");
      this.#used = true;
      return this.#content;
    }
  };
}

/** As for every Response: what is no UTF-8 is replaced, a byte order mark is none of the text. */
const decoder = new TextDecoder();
