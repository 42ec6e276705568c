import type { RemovalPolicy, Stack } from 'aws-cdk-lib';
import {
  ConfigurationSet,
  ConfigurationSetTlsPolicy,
  EmailIdentity,
  Identity,
  SuppressionReasons,
} from 'aws-cdk-lib/aws-ses';
import type { Stage } from './stage.ts';

/**
 * The domain that letters come from, and how SES sends them. Its DKIM records are put into the domain's DNS by hand, and a new
 * identity would need new ones, so it is in the data stack.
 */
export class MailIdentity {
  readonly configurationSet: ConfigurationSet;
  readonly identityArn: string;
  readonly configurationSetArn: string;
  readonly configurationSetName: string;
  /** The configuration set for Cognito's invitations. They are not our letters, so nobody gets reports about them. */
  readonly invitationSetName: string;

  constructor(stack: Stack, stage: Stage, removalPolicy: RemovalPolicy) {
    this.configurationSet = createConfigurationSet(stack, 'MailConfiguration', `secor-${stage.name}`);
    const invitations = createConfigurationSet(stack, 'InvitationConfiguration', `secor-${stage.name}-invitations`);
    this.invitationSetName = invitations.configurationSetName;
    const identity = new EmailIdentity(stack, 'MailIdentity', {
      identity: Identity.domain(stage.mail.identity),
      configurationSet: this.configurationSet,
    });
    identity.applyRemovalPolicy(removalPolicy);
    this.identityArn = identity.emailIdentityArn;
    this.configurationSetName = this.configurationSet.configurationSetName;
    this.configurationSetArn = stack.formatArn({
      service: 'ses',
      resource: 'configuration-set',
      resourceName: this.configurationSetName,
    });
  }
}

function createConfigurationSet(stack: Stack, id: string, configurationSetName: string): ConfigurationSet {
  return new ConfigurationSet(stack, id, {
    configurationSetName,
    // Letters name people and their results, so they are sent over TLS only.
    tlsPolicy: ConfigurationSetTlsPolicy.REQUIRE,
    suppressionReasons: SuppressionReasons.BOUNCES_AND_COMPLAINTS,
    reputationMetrics: true,
  });
}
