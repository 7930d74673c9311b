/** A value on which others wait until it fulfils a condition. */
export class Watched {
  #waiting = [];

  constructor(value) {
    this.value = value;
  }

  set(changes) {
    this.value = { ...this.value, ...changes };
    for (const look of this.#waiting.splice(0)) look();
  }

  /** The value once it is enough, or as it is when the time is up. */
  async until(isEnough, timeout) {
    let timer;
    const late = new Promise((resolve) => {
      timer = setTimeout(resolve, timeout, true);
    });
    let isLate = timeout === 0;
    while (!isLate && !isEnough(this.value)) {
      const changed = new Promise((resolve) => this.#waiting.push(resolve));
      isLate = await Promise.race([changed, late]);
    }
    clearTimeout(timer);
    return this.value;
  }
}
