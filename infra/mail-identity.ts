import type { Stack } from 'aws-cdk-lib';
import {
  ConfigurationSet,
  ConfigurationSetTlsPolicy,
  EmailIdentity,
  Identity,
  SuppressionReasons,
} from 'aws-cdk-lib/aws-ses';
import type { Stage } from './stage.ts';

/** The domain that letters come from, and how SES sends them. Its DKIM records must be put into the domain's DNS by hand. */
export class MailIdentity {
  readonly configurationSet: ConfigurationSet;
  readonly identityArn: string;
  readonly configurationSetArn: string;
  readonly configurationSetName: string;

  constructor(stack: Stack, stage: Stage) {
    this.configurationSet = new ConfigurationSet(stack, 'MailConfiguration', {
      configurationSetName: `secor-${stage.name}`,
      // Letters name people and their results: never in the clear.
      tlsPolicy: ConfigurationSetTlsPolicy.REQUIRE,
      suppressionReasons: SuppressionReasons.BOUNCES_AND_COMPLAINTS,
      reputationMetrics: true,
    });
    const identity = new EmailIdentity(stack, 'MailIdentity', {
      identity: Identity.domain(stage.mail.identity),
      configurationSet: this.configurationSet,
    });
    this.identityArn = identity.emailIdentityArn;
    this.configurationSetName = this.configurationSet.configurationSetName;
    this.configurationSetArn = stack.formatArn({
      service: 'ses',
      resource: 'configuration-set',
      resourceName: this.configurationSetName,
    });
  }
}
