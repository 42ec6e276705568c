import { environment, type HandlersOf, httpApi } from '@secor/lambda';
import { openS3, openStore, readAnswer } from '@secor/store';
import { type Dependencies, listImportsCall, readImportCall, startImportCall } from './imports.ts';

export const handler = httpApi(() => {
  const s3 = openS3();
  const store = openStore(environment('TABLE_NAME'));
  const dependencies: Dependencies = {
    store,
    records: { s3, bucket: environment('RECORDS_BUCKET') },
    packages: { s3, bucket: environment('PACKAGES_BUCKET') },
  };
  return {
    readAnswer: (call, at) => readAnswer(store, call, at),
    handlers: {
      startImport: startImportCall(dependencies),
      readImport: readImportCall(dependencies),
      listImports: listImportsCall(dependencies),
    } satisfies HandlersOf<'import-api'>,
  };
});
