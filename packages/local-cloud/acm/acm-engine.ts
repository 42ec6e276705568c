import type { Account } from '../account/account.ts';
import { AwsError, type Engine } from '../engine.ts';
import { jsonAnswer, jsonError, jsonInput, targetOf } from '../json-protocol.ts';

/** Certificate Manager: tells of a certificate. */
export function createAcmEngine(account: Pick<Account, 'certificates'>): Engine {
  return {
    service: 'acm',
    operations: ['DescribeCertificate'],
    operation: targetOf,
    authorizations: (request) => [
      { action: `acm:${targetOf(request)}`, resource: String(jsonInput(request).CertificateArn ?? '') },
    ],
    async handle(request) {
      if (targetOf(request) !== 'DescribeCertificate')
        throw new AwsError('UnknownOperationException', `The local cloud's ACM does not support ${targetOf(request)}.`);
      const CertificateArn = String(jsonInput(request).CertificateArn ?? '');
      const certificate = account.certificates.get(CertificateArn);
      if (certificate === undefined)
        throw new AwsError('ResourceNotFoundException', `Could not find certificate ${CertificateArn}.`);
      const { domain, alternativeNames = [], status } = certificate;
      return jsonAnswer({
        Certificate: {
          CertificateArn,
          DomainName: domain,
          SubjectAlternativeNames: [domain, ...alternativeNames],
          Status: status,
        },
      });
    },
    renderError: jsonError,
    close: async () => {},
  };
}
