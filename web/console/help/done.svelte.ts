// What of the first day is done, in this browser and by this person alone.
interface Kept {
  done: string[];
  dismissed: boolean;
}

class FirstDay {
  #kept = $state.raw<Record<string, Kept>>({});

  of(login: string): Kept {
    return this.#kept[login] ?? read(login);
  }

  tick(login: string, step: string, yes: boolean): void {
    const kept = this.of(login);
    const others = kept.done.filter((one) => one !== step);
    this.#keep(login, { ...kept, done: yes ? [...others, step] : others });
  }

  dismiss(login: string): void {
    this.#keep(login, { ...this.of(login), dismissed: true });
  }

  #keep(login: string, kept: Kept): void {
    this.#kept = { ...this.#kept, [login]: kept };
    localStorage.setItem(nameOf(login), JSON.stringify(kept));
  }
}

function nameOf(login: string): string {
  return `first_day.${login}`;
}

function read(login: string): Kept {
  try {
    return { done: [], dismissed: false, ...(JSON.parse(localStorage.getItem(nameOf(login)) ?? "{}") as Partial<Kept>) };
  } catch {
    return { done: [], dismissed: false };
  }
}

export const firstDay = new FirstDay();
