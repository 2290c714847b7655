/** One promise of a kind of plugin, as data: any test runner can run it. */
export interface ContractCase<Subject> {
  /** A sentence that is true of a plugin that keeps the contract; unique within its kind. */
  readonly name: string;
  /** @throws what says how the subject breaks the promise. */
  run(subject: Subject): Promise<void>;
}

/** What every subject may have. */
export interface ContractSubject {
  /** Releases the subject; called after its case, however that ended. */
  close?(): void | Promise<void>;
}

/** Makes a fresh subject; called once for each case. */
export type MakeSubject<Subject> = () => Subject | Promise<Subject>;

export interface RunContractOptions {
  /** How a test is registered: `test` of `node:test`, of vitest, or any function of the same shape. */
  readonly test: (name: string, run: () => Promise<void>) => unknown;
  /**
   * Cases that the plugin cannot pass, by name, each with the reason. They are run all the same: one that
   * passes is a failure, so that no exception outlives its reason.
   */
  readonly exceptions?: Readonly<Record<string, string>>;
}

/**
 * Registers one test for each case.
 *
 * @throws TypeError when an exception names no case, or gives no reason.
 */
export function runContract<Subject extends ContractSubject>(
  cases: readonly ContractCase<Subject>[],
  makeSubject: MakeSubject<NoInfer<Subject>>,
  { test, exceptions = {} }: RunContractOptions,
): void {
  checkExceptions(cases, exceptions);
  for (const contractCase of cases) {
    const { name } = contractCase;
    const reason = Object.hasOwn(exceptions, name) ? exceptions[name] : undefined;
    if (reason === undefined) test(name, () => runCase(contractCase, makeSubject));
    else test(`${name} (excepted: ${reason})`, () => expectFailure(contractCase, makeSubject));
  }
}

/**
 * Runs one case on a subject of its own.
 *
 * @throws what the case throws, or what making or closing the subject does.
 */
export async function runCase<Subject extends ContractSubject>(
  contractCase: ContractCase<Subject>,
  makeSubject: MakeSubject<NoInfer<Subject>>,
): Promise<void> {
  const subject = await makeSubject();
  try {
    await contractCase.run(subject);
  } finally {
    await subject.close?.();
  }
}

function checkExceptions(
  cases: readonly { readonly name: string }[],
  exceptions: Readonly<Record<string, string>>,
): void {
  const names = new Set(cases.map(({ name }) => name));
  for (const [name, reason] of Object.entries(exceptions)) {
    if (!names.has(name)) throw new TypeError(`there is no case '${name}' to except from`);
    if (reason.trim() === "") throw new TypeError(`the exception from '${name}' gives no reason`);
  }
}

// A subject that cannot be made is a failure, not the one that was excepted.
async function expectFailure<Subject extends ContractSubject>(
  contractCase: ContractCase<Subject>,
  makeSubject: MakeSubject<NoInfer<Subject>>,
): Promise<void> {
  const subject = await makeSubject();
  try {
    const passed = await contractCase.run(subject).then(
      () => true,
      () => false,
    );
    if (passed) throw new Error(`'${contractCase.name}' is excepted, and passes: remove the exception`);
  } finally {
    await subject.close?.();
  }
}
